import { and, eq, gt, inArray, lte, max } from 'drizzle-orm';
import type { BodyReferences, BodyStanding } from '../../../ports/body-references.js';
import type { ListedBody } from '../../../ports/body-store.js';
import { lockChat } from '../ground/change.js';
import type { Session, SqlDatabase } from '../database.js';
import type { Tables } from '../tables.js';

/** What rows and the file of old bodies say about bodies, over either SQL dialect. */
export function createBodyReferences(sql: SqlDatabase): BodyReferences {
  return {
    now: () => sql.read((session) => session.now()),
    examine: (bodies) => sql.read((session) => standingsOf(session, sql.tables, bodies)),
    async examineLocked(chatId, bodies) {
      const { now, standings } = await sql.transaction(async (tx) => {
        await lockChat(tx, sql.tables, chatId);
        // After the lock: whoever commits later reads a later time, and knows by it that it comes too late.
        const now = await tx.now();
        return { now, standings: await standingsOf(tx, sql.tables, bodies) };
      });
      const unnamed = bodies.filter((_, index) => standings[index] === 'unnamed');
      if (unnamed.length === 0) return { now, standings };
      const settled = await sql.read((session) => searchChat(session, sql.tables, chatId, unnamed));
      return { now, standings: standings.map((standing, index) => settled.get(bodies[index]) ?? standing) };
    },
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
    .where(inArray(messageMetadata.messageId, distinct([...bodies.map((body) => body.messageId), ...ids])));
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

/** A first body's id is its message's, so most are there twice; building and parsing the list is most of the look. */
function distinct(ids: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(ids.map((id) => [hexOf(id), id])).values()];
}

/** Rows of one statement of the search: some milliseconds, so that a chat of a million does not time out. */
const STEP = 10_000;

/** Bodies that the look by message did not find, looked for in every row of their chat. */
async function searchChat(
  session: Session,
  tables: Tables,
  chatId: number,
  bodies: readonly ListedBody[],
): Promise<ReadonlyMap<ListedBody | undefined, BodyStanding>> {
  const { messageMetadata: rows } = tables;
  const ids = bodies.map((body) => body.id);
  const [chat] = await session.db
    .select({ lastSeq: max(rows.seq) })
    .from(rows)
    .where(eq(rows.chatId, chatId));
  const pointedTo = new Set<string>();
  for (let after = -1; after < (chat?.lastSeq ?? -1); after += STEP) {
    const step = and(eq(rows.chatId, chatId), gt(rows.seq, after), lte(rows.seq, after + STEP));
    const found = await session.db
      .select({ bodyId: rows.bodyId })
      .from(rows)
      .where(and(step, eq(rows.isDeleted, false), inArray(rows.bodyId, ids)));
    for (const row of found) pointedTo.add(hexOf(row.bodyId));
  }
  // Last, for what was committed or filed during the search.
  const standings = await standingsOf(session, tables, bodies);
  return new Map(
    bodies.map((body, index) => {
      const standing = standings[index] ?? 'unnamed';
      return [body, standing === 'unnamed' && pointedTo.has(hexOf(body.id)) ? 'misnamed' : standing];
    }),
  );
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
