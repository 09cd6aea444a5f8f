import { asDate, type Session, type SqlDatabase, type SqlRow } from '../database.js';
import { listOf, selectRows, tableOf, valuesOf, type CellType } from './lists.js';
import type { Send } from './sends.js';

type Kind = SqlDatabase['kind'];

/** Of a locked chat, what a send needs. */
export interface ChatHead {
  readonly id: number;
  readonly type: 'direct' | 'group';
  readonly isActive: boolean;
  readonly lastSeq: number;
  readonly rev: number;
}

/** A send with the place it takes. */
export interface Placed {
  readonly send: Send;
  readonly seq: number;
  readonly rev: number;
}

/** Locks the chats in the order of their ids, as every transaction does, so that two never wait for each other. */
export async function lockHeads(
  tx: Session,
  kind: Kind,
  chatIds: readonly number[],
): Promise<ReadonlyMap<number, ChatHead>> {
  const ids = listOf(kind, chatIds);
  const columns = { id: 'id', chat_type: 'chat_type', is_active: 'is_active', last_seq: 'last_seq', rev: 'rev' };
  const text = `FROM chats WHERE id IN ${ids.text} ${kind === 'mysql' ? 'ORDER BY id FOR UPDATE' : ''}`;
  const rows = await selectRows(tx, kind, columns, { text, values: ids.values });
  return new Map(rows.map(readHead).map((head) => [head.id, head]));
}

function readHead(row: SqlRow): ChatHead {
  return {
    id: Number(row['id']),
    type: row['chat_type'] === 'direct' ? 'direct' : 'group',
    isActive: Number(row['is_active']) === 1,
    lastSeq: Number(row['last_seq']),
    rev: Number(row['rev']),
  };
}

/** On MySQL in the same packet; SQLite's clock is the process's own. */
const NOW: Record<Kind, string> = { mysql: 'UTC_TIMESTAMP(3)', sqlite: 'NULL' };

/**
 * Which of the (chat, sender) pairs are active participants, and the database's clock with them: a statement after
 * the locking read, so its time is one after the wait for the lock. No pair active: no clock, and nothing to commit.
 */
export async function activeSenders(
  tx: Session,
  kind: Kind,
  pairs: readonly (readonly [number, number])[],
): Promise<{ readonly active: ReadonlySet<string>; readonly now: Date | null }> {
  const wanted = tableOf(kind, { chat_id: 'plain', user_id: 'plain' }, pairs);
  const columns = { chat_id: 'p.chat_id', user_id: 'p.user_id', at: NOW[kind] };
  const text = `FROM ${wanted.text} k
    JOIN chat_participants p ON p.chat_id = k.chat_id AND p.user_id = k.user_id AND p.left_at IS NULL`;
  const rows = await selectRows(tx, kind, columns, { text, values: wanted.values });
  const active = new Set(rows.map((row) => `${Number(row['chat_id'])}:${Number(row['user_id'])}`));
  const at = rows[0]?.['at'];
  if (at === undefined) return { active, now: null };
  return { active, now: at === null ? await tx.now() : asDate(at) };
}

const INSERTED: Readonly<Record<string, CellType>> = {
  chat_id: 'plain',
  seq: 'plain',
  sender_id: 'plain',
  message_id: 'bytes',
  body_id: 'bytes',
  client_message_id: 'bytes',
  request_hash: 'bytes',
  timestamp: 'plain',
  message_type: 'plain',
  created_rev: 'plain',
  rev: 'plain',
};

/** One statement for all rows; answers their ids in the same order. */
export async function insertMessages(tx: Session, kind: Kind, placed: readonly Placed[]): Promise<readonly number[]> {
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
  ]);
  const source = valuesOf(kind, INSERTED, rows);
  const text = `INSERT INTO message_metadata (${Object.keys(INSERTED).join(', ')}) ${source.text}`;
  return tx.insertIds(await tx.run(text, source.values), rows.length);
}

/** Moves the counters of every chat that got messages: [id, last_seq, rev, how many, when]. */
export async function advanceChats(
  tx: Session,
  kind: Kind,
  rows: readonly (readonly [number, number, number, number, Date])[],
): Promise<void> {
  const columns = { id: 'plain', seq: 'plain', new_rev: 'plain', added: 'plain', moment: 'plain' } as const;
  const values = tableOf(kind, columns, rows);
  const change = `last_seq = v.seq, last_visible_seq = v.seq, rev = v.new_rev,
    visible_count = visible_count + v.added, updated_at = v.moment`;
  const text =
    kind === 'mysql'
      ? `UPDATE chats c JOIN ${values.text} v ON v.id = c.id SET ${change}`
      : `UPDATE chats SET ${change} FROM ${values.text} v WHERE chats.id = v.id`;
  await tx.run(text, values.values);
}

/** Sending is reading: the sender's own watermark moves to their newest message. [chat, sender, seq]. */
export async function advanceSenders(
  tx: Session,
  kind: Kind,
  rows: readonly (readonly [number, number, number])[],
): Promise<void> {
  const values = tableOf(kind, { chat_id: 'plain', user_id: 'plain', seq: 'plain' }, rows);
  const text =
    kind === 'mysql'
      ? `UPDATE chat_participants p JOIN ${values.text} v ON p.chat_id = v.chat_id AND p.user_id = v.user_id
         SET p.last_read_seq = v.seq`
      : `UPDATE chat_participants SET last_read_seq = v.seq FROM ${values.text} v
         WHERE chat_participants.chat_id = v.chat_id AND chat_participants.user_id = v.user_id`;
  await tx.run(text, values.values);
}
