import type { Message } from '../../../domain/message.js';
import type { RowShape, Words } from '../words.js';
import { asDate, type SqlRow } from '../database.js';

/** A message's row as the raw queries of this folder read it, with its sender's name. */
export interface MessageRow {
  readonly id: number;
  readonly chatId: number;
  readonly seq: number;
  readonly rev: number;
  readonly senderId: number;
  readonly senderUsername: string;
  readonly messageId: Uint8Array;
  readonly bodyId: Uint8Array;
  /** UTF-8 bytes of the content that `bodyId` names; null: not measured yet, the body store knows (`sizesOf`). */
  readonly bodyBytes: number | null;
  readonly clientMessageId: string | null;
  readonly version: number;
  readonly timestamp: Date;
  readonly editedAt: Date | null;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
}

const PLAIN = [
  'id',
  'chat_id',
  'seq',
  'rev',
  'sender_id',
  'version',
  'timestamp',
  'edited_at',
  'is_edited',
  'is_deleted',
  'body_bytes',
] as const;
const BYTES = ['message_id', 'body_id', 'client_message_id'] as const;

/** Columns of message_metadata `m` for a subquery that `messageColumns` selects from. */
export const MESSAGE_FIELDS = [...PLAIN, ...BYTES].map((name) => `m.${name}`).join(', ');

type Sender = 'u.username' | "''";

/** A message `m` with its sender, and with `more` where more is asked. */
export function messageShape(sender: Sender = 'u.username', more: Readonly<Record<string, string>> = {}): RowShape {
  return { alias: 'm', plain: PLAIN, bytes: BYTES, more: { sender_username: sender, ...more } };
}

/** What `readMessageRow` needs of message_metadata `m`. */
export function messageColumns(words: Words, sender: Sender = 'u.username'): string {
  return words.row(messageShape(sender));
}

/** Null where an outer join found no message. */
export function readMessageRow(selected: SqlRow): MessageRow | null {
  const packed = selected['packed'];
  const row = typeof packed === 'string' ? (JSON.parse(packed) as SqlRow) : selected;
  return row['id'] === null || row['id'] === undefined ? null : toMessageRow(row);
}

/** All messages among the rows. */
export function readMessageRows(selected: readonly SqlRow[]): readonly MessageRow[] {
  return selected.flatMap((row) => readMessageRow(row) ?? []);
}

export function toMessageRow(row: SqlRow): MessageRow {
  const clientMessageId = row['client_message_id'];
  const editedAt = row['edited_at'];
  const bodyBytes = row['body_bytes'];
  return {
    id: Number(row['id']),
    chatId: Number(row['chat_id']),
    seq: Number(row['seq']),
    rev: Number(row['rev']),
    senderId: Number(row['sender_id']),
    senderUsername: String(row['sender_username']),
    messageId: asBytes(row['message_id']),
    bodyId: asBytes(row['body_id']),
    bodyBytes: bodyBytes === null ? null : Number(bodyBytes),
    clientMessageId: clientMessageId === null ? null : asBytes(clientMessageId).toString('utf8'),
    version: Number(row['version']),
    timestamp: asDate(row['timestamp']),
    editedAt: editedAt === null ? null : asDate(editedAt),
    isEdited: Number(row['is_edited']) === 1,
    isDeleted: Number(row['is_deleted']) === 1,
  };
}

/** Bytes as a driver gave them, or as hex out of JSON. */
export function asBytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === 'string') return Buffer.from(value, 'hex');
  throw new TypeError('not bytes of this database');
}

/** As BodyStore.find keys its answer. */
export function toHex(id: Uint8Array): string {
  return asBytes(id).toString('hex');
}

/** `content` null: the body cannot be read, unless the message is deleted and has none. */
export function toMessage(row: MessageRow, content: string | null): Message {
  return {
    id: row.id,
    chatId: row.chatId,
    seq: row.seq,
    rev: row.rev,
    senderId: row.senderId,
    senderUsername: row.senderUsername,
    content: row.isDeleted ? null : content,
    contentStatus: row.isDeleted || content !== null ? 'ok' : 'unavailable',
    timestamp: row.timestamp,
    messageType: 'text',
    isEdited: row.isEdited,
    isDeleted: row.isDeleted,
    editedAt: row.editedAt,
    version: row.version,
    clientMessageId: row.clientMessageId,
  };
}
