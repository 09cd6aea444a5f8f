import type { Message } from '../../../domain/message.js';
import type { StoredBody } from '../../../ports/body-store.js';
import type { RepositoryContext } from '../chats/context.js';
import { listOf } from './lists.js';
import { messageColumns, readMessageRows, toMessage, type MessageRow } from './rows.js';

/**
 * Rows with their contents, in one body read. A body that is not there may have been superseded since its row was
 * read, so such a row is read once more; what was deleted meanwhile is left out. Only a body that the row still
 * names is reported as unavailable, and the others of the page are not affected.
 */
export async function withContents(
  context: RepositoryContext,
  rows: readonly MessageRow[],
): Promise<readonly Message[]> {
  const bodies = await findBodies(context, rows);
  const lost = rows.filter((row) => !row.isDeleted && readable(bodies, row) === null);
  const fresh = lost.length === 0 ? new Map<number, MessageRow | null>() : await readAgain(context, lost);
  const moved = lost.flatMap((row) => fresh.get(row.id) ?? []).filter((row) => !names(lost, row));
  const movedBodies = await findBodies(context, moved);
  return rows.flatMap((row) => {
    const present = fresh.get(row.id);
    if (present === undefined) return [toMessage(row, readable(bodies, row))];
    if (present === null || present.isDeleted) return [];
    const content = readable(movedBodies, present);
    if (content === null) reportLost(context, present);
    return [toMessage(present, content)];
  });
}

async function findBodies(
  { bodies }: RepositoryContext,
  rows: readonly MessageRow[],
): Promise<ReadonlyMap<string, StoredBody>> {
  const ids = rows.filter((row) => !row.isDeleted).map((row) => row.bodyId);
  return ids.length === 0 ? new Map() : bodies.find(ids);
}

function readable(bodies: ReadonlyMap<string, StoredBody>, row: MessageRow): string | null {
  const body = bodies.get(toHex(row.bodyId));
  return body?.intact === true ? body.content : null;
}

async function readAgain(
  { sql }: RepositoryContext,
  lost: readonly MessageRow[],
): Promise<ReadonlyMap<number, MessageRow | null>> {
  const ids = listOf(
    sql.kind,
    lost.map((row) => row.id),
  );
  const found = await sql.read((session) =>
    session.query(
      `SELECT ${messageColumns(sql.kind)}
       FROM message_metadata m JOIN users u ON u.id = m.sender_id WHERE m.id IN ${ids.text}`,
      ids.values,
    ),
  );
  const present = new Map(readMessageRows(found).map((row) => [row.id, row]));
  return new Map(lost.map((row) => [row.id, present.get(row.id) ?? null]));
}

/** Whether one of the rows read before already named this row's body. */
function names(before: readonly MessageRow[], row: MessageRow): boolean {
  return before.some((old) => toHex(old.bodyId) === toHex(row.bodyId));
}

function reportLost({ unreadable }: RepositoryContext, row: MessageRow): void {
  unreadable.note({ chatId: row.chatId, seq: row.seq, messageId: row.id, version: row.version });
}

/** As BodyStore.find keys its answer. */
export function toHex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
