import { selectedRows, type Words } from '../../words.js';
import type { SqlRow, Statement } from '../../database.js';
import type { Send } from './sends.js';

/** Of a locked chat, what a send needs. */
export interface SendingChat {
  readonly id: number;
  readonly type: 'direct' | 'group';
  readonly isActive: boolean;
  readonly lastSeq: number;
  readonly rev: number;
  readonly membersRev: number;
  readonly visibleCount: number;
}

/** A send with the place it takes. */
export interface Placed {
  readonly send: Send;
  readonly seq: number;
  readonly rev: number;
}

const HEAD_COLUMNS = Object.fromEntries(
  ['id', 'chat_type', 'is_active', 'last_seq', 'rev', 'members_rev', 'visible_count'].map((name) => [name, name]),
);

/**
 * Locks the chats in the order of their ids, as every transaction does, so that two never wait for each other.
 * `skipLocked`: leaves out those that somebody else holds instead of waiting; SQLite has one lock for all.
 * By the key alone: MySQL 9 otherwise reads all of 200 chats to find 180, and waits for the 20 others too.
 */
export function lockHeads(words: Words, chatIds: readonly number[], skipLocked: boolean): Statement {
  const ids = words.listOf(chatIds);
  const text = `FROM chats ${words.byPrimary} WHERE id IN ${ids.text} ${words.lockById(skipLocked)}`;
  return words.selection(HEAD_COLUMNS, { text, values: ids.values });
}

export function readHeads(answer: readonly SqlRow[]): ReadonlyMap<number, SendingChat> {
  return new Map(selectedRows(answer).map((row) => [Number(row['id']), readHead(row)]));
}

function readHead(row: SqlRow): SendingChat {
  return {
    id: Number(row['id']),
    type: row['chat_type'] === 'direct' ? 'direct' : 'group',
    isActive: Number(row['is_active']) === 1,
    lastSeq: Number(row['last_seq']),
    rev: Number(row['rev']),
    membersRev: Number(row['members_rev']),
    visibleCount: Number(row['visible_count']),
  };
}

/** Which of these chats there are, whoever holds them. */
export function existingChats(words: Words, chatIds: readonly number[]): Statement {
  const ids = words.listOf(chatIds);
  return words.selection({ id: 'id' }, { text: `FROM chats WHERE id IN ${ids.text}`, values: ids.values });
}

/** A chat and who wants to send to it. */
export type SenderPair = readonly [chatId: number, senderId: number];

/** Which of the pairs are active participants. */
export function activeSenders(words: Words, pairs: readonly SenderPair[]): Statement {
  const wanted = words.tableOf({ chat_id: 'plain', user_id: 'plain' }, pairs);
  const text = `FROM ${wanted.text} k
    JOIN chat_participants p ON p.chat_id = k.chat_id AND p.user_id = k.user_id AND p.left_at IS NULL`;
  return words.selection({ chat_id: 'p.chat_id', user_id: 'p.user_id' }, { text, values: wanted.values });
}

/** Those of the senders whose accounts are disabled. */
export function disabledSenders(words: Words, sends: readonly Send[]): Statement {
  const senders = words.listOf([...new Set(sends.map(({ draft }) => draft.senderId))]);
  const text = `FROM users u WHERE u.id IN ${senders.text} AND u.is_active = FALSE`;
  return words.selection({ id: 'u.id' }, { text, values: senders.values });
}

export function readActive(answer: readonly SqlRow[]): readonly SenderPair[] {
  return selectedRows(answer).map((row) => [Number(row['chat_id']), Number(row['user_id'])]);
}

const INSERTED = [
  'chat_id',
  'seq',
  'sender_id',
  'message_id',
  'body_id',
  'client_message_id',
  'request_hash',
  'timestamp',
  'message_type',
  'created_rev',
  'rev',
  'body_bytes',
] as const;

/** One statement for all rows, which get ids in the same order. */
export function insertion(words: Words, placed: readonly Placed[]): Statement {
  const rows = placed.map(({ send: { draft, hash, minted }, seq, rev }) => [
    draft.chatId,
    seq,
    draft.senderId,
    minted.id,
    minted.id,
    draft.clientMessageId === null ? null : Buffer.from(draft.clientMessageId, 'utf8'),
    hash,
    minted.at,
    draft.messageType,
    rev,
    rev,
    Buffer.byteLength(draft.content, 'utf8'),
  ]);
  return words.insertionOf('message_metadata', INSERTED, rows);
}

/** The rows of these sends, for those whose COMMIT went unanswered. */
export function storedRows(words: Words, sends: readonly Send[]): Statement {
  const ids = words.tableOf(
    { message_id: 'bytes' },
    sends.map((send) => [send.minted.id]),
  );
  const text = `FROM ${ids.text} k JOIN message_metadata m ON m.message_id = k.message_id`;
  return words.selection({ id: 'm.id', message_id: 'lower(hex(m.message_id))' }, { text, values: ids.values });
}

/** Ids of rows by their message_id in lower-case hex. */
export function readStored(answer: readonly SqlRow[]): ReadonlyMap<string, number> {
  return new Map(selectedRows(answer).map((row) => [String(row['message_id']), Number(row['id'])]));
}
