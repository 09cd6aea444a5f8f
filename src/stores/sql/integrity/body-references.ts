import { inArray } from 'drizzle-orm';
import type { BodyReferences, BodyStanding } from '../../../ports/body-references.js';
import type { ListedBody } from '../../../ports/body-store.js';
import { lockChat } from '../chats/change.js';
import type { Session, SqlDatabase } from '../database.js';
import type { Tables } from '../tables.js';

/** What rows and the file of old bodies say about bodies, over either SQL dialect. */
export function createBodyReferences(sql: SqlDatabase): BodyReferences {
  return {
    now: () => sql.read((session) => session.now()),
    examine: (bodies) => sql.read((session) => standingsOf(session, sql.tables, bodies)),
    examineLocked: (chatId, bodies) =>
      sql.transaction(async (tx) => {
        await lockChat(tx, sql.tables, chatId);
        // After the lock: whoever commits later reads a later time, and knows by it that it comes too late.
        const now = await tx.now();
        return { now, standings: await standingsOf(tx, sql.tables, bodies) };
      }),
  };
}

/**
 * Rows have no index on `body_id`, which every send would pay for: a row is found by its message, which the body names,
 * and by the body's own id, which is its message's where it is the first.
 */
async function standingsOf(
  session: Session,
  tables: Tables,
  bodies: readonly ListedBody[],
): Promise<readonly BodyStanding[]> {
  if (bodies.length === 0) return [];
  const { messageMetadata, oldBodies } = tables;
  const ids = bodies.map((body) => body.id);
  const rows = await session.db
    .select({ bodyId: messageMetadata.bodyId, isDeleted: messageMetadata.isDeleted })
    .from(messageMetadata)
    .where(inArray(messageMetadata.messageId, [...bodies.map((body) => body.messageId), ...ids]));
  // After the rows: an edit in between has moved a body from its row to the file, and is seen there.
  const filed = await session.db
    .select({ bodyId: oldBodies.bodyId, erasedAt: oldBodies.erasedAt })
    .from(oldBodies)
    .where(inArray(oldBodies.bodyId, ids));
  const named = new Set(rows.filter((row) => !row.isDeleted).map((row) => hexOf(row.bodyId)));
  const waiting = new Map(filed.map((entry) => [hexOf(entry.bodyId), entry.erasedAt === null]));
  return bodies.map(({ id }) => {
    const key = hexOf(id);
    if (named.has(key) || waiting.get(key) === true) return 'named';
    return waiting.has(key) ? 'erased' : 'unnamed';
  });
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
