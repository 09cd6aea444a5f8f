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
  readonly visibleCount: number;
}

/** A send with the place it takes. */
export interface Placed {
  readonly send: Send;
  readonly seq: number;
  readonly rev: number;
}

const HEAD_COLUMNS = ['id', 'chat_type', 'is_active', 'last_seq', 'rev', 'visible_count'];

/** Locks the chats in the order of their ids, as every transaction does, so that two never wait for each other. */
export async function lockHeads(
  tx: Session,
  kind: Kind,
  chatIds: readonly number[],
): Promise<ReadonlyMap<number, ChatHead>> {
  const ids = listOf(kind, chatIds);
  const columns = Object.fromEntries(HEAD_COLUMNS.map((name) => [name, name]));
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
    visibleCount: Number(row['visible_count']),
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
