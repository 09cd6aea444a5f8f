import type { Message } from '../../../domain/message.js';
import type { StoredBody } from '../../../ports/body-store.js';
import type { ReadShare } from '../../../ports/read-share.js';
import type { RepositoryContext } from './context.js';
import { messageColumns, readMessageRows, toHex, toMessage, type MessageRow } from './message-rows.js';
import { sizesOf, areSmall, AT_ONCE, slicesOf, type Reading, totalOf } from './slices.js';

/**
 * Rows with their contents: few bytes in one body read, more in slices, each a step of the reader's share.
 */
export async function withContents(
  context: RepositoryContext,
  rows: readonly MessageRow[],
  { share, sizes }: Reading = AT_ONCE,
): Promise<readonly Message[]> {
  if (areSmall(rows, sizes)) return readContents(context, rows);
  const messages: Message[] = [];
  for (const slice of slicesOf(rows, sizes ?? (await sizesOf(context, rows)))) {
    messages.push(...(await share.step(() => readContents(context, slice))));
  }
  return messages;
}

/**
 * In one body read. A body that is not there may have been superseded since its row was
 * read, so such a row is read once more; what was deleted meanwhile is left out. Only a body that the row still
 * names is reported as unavailable, and the others of the page are not affected.
 */
async function readContents(context: RepositoryContext, rows: readonly MessageRow[]): Promise<readonly Message[]> {
  const bodies = await findBodies(context, rows);
  const contents = rows.map((row) => (row.isDeleted ? null : readable(bodies, row)));
  const lost = rows.filter((row, index) => !row.isDeleted && contents[index] === null);
  const complete = (row: MessageRow, index: number): Message => toMessage(row, contents[index] ?? null);
  if (lost.length === 0) return rows.map(complete);
  const again = await completeLost(context, lost);
  return rows.flatMap((row, index) => {
    const message = again.get(row.id);
    return message === undefined ? [complete(row, index)] : (message ?? []);
  });
}

/** By id of the row; null: it was deleted meanwhile. */
async function completeLost(
  context: RepositoryContext,
  lost: readonly MessageRow[],
): Promise<ReadonlyMap<number, Message | null>> {
  const fresh = await readAgain(context, lost);
  const moved = [...fresh.values()].filter((row) => row !== null && !names(lost, row)) as readonly MessageRow[];
  const bodies = await findBodies(context, moved);
  const entries = Array.from(fresh, ([id, row]): readonly [number, Message | null] => {
    if (row === null || row.isDeleted) return [id, null];
    const content = readable(bodies, row);
    if (content === null) reportLost(context, row);
    return [id, toMessage(row, content)];
  });
  return new Map(entries);
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
  const ids = sql.words.listOf(lost.map((row) => row.id));
  const found = await sql.read((session) =>
    session.query(
      `SELECT ${messageColumns(sql.words)}
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

/** Rows with their contents, whose bytes are paid from the reader's share before the first of them is read. */
export async function paidContents(
  context: RepositoryContext,
  rows: readonly MessageRow[],
  sizes: readonly number[],
  share: ReadShare,
): Promise<readonly Message[]> {
  await share.take(totalOf(sizes));
  return withContents(context, rows, { share, sizes });
}
