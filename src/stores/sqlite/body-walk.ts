import type { BodyBatch } from '../../ports/body-store.js';
import type { SqlDatabase } from '../sql/database.js';

const WALK = 'SELECT id, message_id, chat_id FROM bodies WHERE id > ? ORDER BY id LIMIT ?';

/** A step of the walk over all bodies, by the primary key. */
export async function walkSqliteBodies(sql: SqlDatabase, after: Uint8Array | null, limit: number): Promise<BodyBatch> {
  const rows = await sql.read((session) => session.query(WALK, [after ?? new Uint8Array(0), limit]));
  const bodies = rows.flatMap(({ id, message_id: messageId, chat_id: chatId }) =>
    id instanceof Uint8Array && messageId instanceof Uint8Array && typeof chatId === 'number'
      ? [{ id, messageId, chatId }]
      : [],
  );
  const last = rows.at(-1)?.['id'];
  const next = rows.length === limit && last instanceof Uint8Array ? last : null;
  return { bodies, malformed: rows.length - bodies.length, next };
}
