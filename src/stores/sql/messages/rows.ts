import type { Message } from '../../../domain/message.js';
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
  readonly clientMessageId: string | null;
  readonly version: number;
  readonly timestamp: Date;
  readonly editedAt: Date | null;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
}

/** What `readMessageRow` needs of message_metadata `m`; the sender's name comes from users `u`. */
export const MESSAGE_COLUMNS = `m.id, m.chat_id, m.seq, m.rev, m.sender_id, m.message_id, m.body_id,
  m.client_message_id, m.version, m.timestamp, m.edited_at, m.is_edited, m.is_deleted`;

export const MESSAGE_WITH_SENDER = `${MESSAGE_COLUMNS}, u.username AS sender_username`;

export function readMessageRow(row: SqlRow): MessageRow {
  const clientMessageId = row['client_message_id'];
  const editedAt = row['edited_at'];
  return {
    id: Number(row['id']),
    chatId: Number(row['chat_id']),
    seq: Number(row['seq']),
    rev: Number(row['rev']),
    senderId: Number(row['sender_id']),
    senderUsername: String(row['sender_username']),
    messageId: asBytes(row['message_id']),
    bodyId: asBytes(row['body_id']),
    clientMessageId: clientMessageId === null ? null : Buffer.from(asBytes(clientMessageId)).toString('utf8'),
    version: Number(row['version']),
    timestamp: asDate(row['timestamp']),
    editedAt: editedAt === null ? null : asDate(editedAt),
    isEdited: Number(row['is_edited']) === 1,
    isDeleted: Number(row['is_deleted']) === 1,
  };
}

export function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('not bytes of this database');
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
