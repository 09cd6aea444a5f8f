import { nextTurn } from '../../../domain/next-turn.js';
import type { DeltaPage } from '../../../ports/change-log.js';
import { LIMITS } from '../../../protocol/limits.js';
import type { Session, SqlDatabase } from '../database.js';
import type { RepositoryContext } from '../ground/context.js';
import type { MessageRow } from '../ground/message-rows.js';
import { knownBytes, SLICE_ROWS } from '../ground/slices.js';
import type { ChatHead } from './head.js';
import type { FoundObjects } from './kind.js';
import { changedKinds } from './kinds.js';

/** What a page may hold. */
export interface PageBounds {
  readonly limit: number;
  /** Null: of an answer of its own, whose first object is told whatever its size. */
  readonly bytesLeft: number | null;
}

/** What a page tells of objects that were found together. */
export interface PagePart {
  readonly found: FoundObjects;
  readonly places: readonly number[];
  /** UTF-8 bytes of all found objects' contents, by place. */
  readonly sizes: readonly number[];
}

/**
 * What changed, at least as far as a page with these bounds can reach, and the first object beyond it. Objects with a rev of
 * their own are read in slices, with a turn of the loop between two, and no more of them than their bytes leave room for:
 * the messages of a page of 500 take an embedded database 8 ms.
 */
export async function findForPage(
  session: Session,
  sql: Pick<SqlDatabase, 'words' | 'tables'>,
  head: ChatHead,
  since: number,
  { limit, bytesLeft }: PageBounds,
): Promise<readonly FoundObjects[]> {
  const most = bytesLeft ?? LIMITS.answerBytes;
  const found: FoundObjects[] = [];
  for (const kind of changedKinds(head, since)) {
    const wanted = limit + kind.together;
    const step = kind.together > 1 ? wanted : SLICE_ROWS;
    let after = since;
    let count = 0;
    let bytes = 0;
    for (let isMore = true; isMore;) {
      const asked = Math.min(wanted - count, step);
      const slice = await kind.find(session, sql, head, { since, after, limit: asked, form: 'whole' });
      found.push(slice);
      after = slice.objects.at(-1)?.rev ?? after;
      count += slice.objects.length;
      bytes += knownBytes(rowsOf(slice));
      isMore = slice.objects.length === asked && count < wanted && bytes <= most;
      if (isMore) await nextTurn();
    }
  }
  return found;
}

function rowsOf(found: FoundObjects): readonly MessageRow[] {
  return found.objects.flatMap((_, place) => found.rowAt(place) ?? []);
}

/**
 * What of it the page tells: it ends behind the last object that fits. A rev is never cut through: a client that continues
 * there misses nothing.
 */
export async function cutPage(
  context: RepositoryContext,
  head: ChatHead,
  found: readonly FoundObjects[],
  since: number,
  bounds: PageBounds,
): Promise<Pick<DeltaPage, 'rev' | 'hasMore'> & { readonly objects: number; readonly parts: readonly PagePart[] }> {
  const measured = await Promise.all(found.map(async (one) => ({ found: one, sizes: await one.sizes(context) })));
  const objects = measured
    .flatMap(({ found: one, sizes }) => one.objects.map(({ rev }, place) => ({ rev, bytes: sizes[place] ?? 0 })))
    .sort((a, b) => a.rev - b.rev);
  const end = endOfPage(objects, since, bounds) ?? { rev: head.rev, hasMore: false, objects: objects.length };
  const parts = measured.map(({ found: one, sizes }) => ({
    found: one,
    sizes,
    places: one.objects.flatMap(({ rev }, place) => (rev <= end.rev ? [place] : [])),
  }));
  return { ...end, parts };
}

/** Null: all of it fits. */
function endOfPage(
  objects: readonly { readonly rev: number; readonly bytes: number }[],
  since: number,
  { limit, bytesLeft }: PageBounds,
): (Pick<DeltaPage, 'rev' | 'hasMore'> & { readonly objects: number }) | null {
  const most = bytesLeft ?? LIMITS.answerBytes;
  let last = since;
  let bytes = 0;
  for (const [count, object] of objects.entries()) {
    bytes += object.bytes;
    const isFirst = count === 0 && bytesLeft === null;
    const isFull = count >= limit || (bytes > most && !isFirst);
    if (isFull && object.rev !== last) return { rev: last, hasMore: true, objects: count };
    last = object.rev;
  }
  return null;
}
