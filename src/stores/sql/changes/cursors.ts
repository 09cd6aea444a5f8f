import type { SqlDatabase } from '../database.js';
import { listOf, selectRows } from '../messages/lists.js';

/** The revs of chats by key. */
export async function readRevs(sql: SqlDatabase, chatIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (chatIds.length === 0) return new Map();
  const ids = listOf(sql.kind, chatIds);
  const source = { text: `FROM chats c WHERE c.id IN ${ids.text}`, values: ids.values };
  const rows = await sql.read((session) => selectRows(session, sql.kind, { id: 'c.id', rev: 'c.rev' }, source));
  return new Map(rows.map((row) => [Number(row['id']), Number(row['rev'])]));
}
