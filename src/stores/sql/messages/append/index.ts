import { AppError } from '../../../../domain/errors.js';
import type { AppendOutcome, MessageDraft } from '../../../../ports/message-log.js';
import { ERROR_CODES } from '../../../../protocol/error-codes.js';
import { atMost, within } from '../../../../domain/patience.js';
import type { RepositoryContext } from '../../ground/context.js';
import type { AppendState } from './state.js';
import { writeRows } from './rows.js';
import { dropBodies, startBodies, type BatchBodies } from './body-writes.js';
import { findFirst, readFirsts, type FirstMessages } from './duplicates.js';
import { synchronise } from './minting.js';
import { outcomesOf, type Fate } from './outcomes.js';
import { groupSends, type Send } from './sends.js';

/**
 * Stores a batch of sends.
 *
 *   1. group   Drafts with the same key become one send; the others get the answer of the first (I3).
 *   2. bodies  Set off for the body store, beside the locking read. They are journaled before the COMMIT is sent, or
 *              their send fails by itself (I1). While the body store is slow they go first, so that nobody waits for
 *              it under a lock. Bodies in the same database are written by the transaction itself.
 *   3. rows    One transaction (append-batch.ts): lock, admit, place, insert, COMMIT (I4, I7). Repeats are not looked
 *              for: where the unique key finds one, the transaction is rolled back and run again with a look-up. Where
 *              one chat makes the transaction fail, the others go without it (append-rows.ts).
 *   4. after   Bodies that no row names are removed and the first messages of repeats read. Nothing here may fail
 *              what is stored, and where a COMMIT's fate stays unknown nothing is claimed (I13).
 */
export async function appendBatch(
  context: RepositoryContext,
  state: AppendState,
  drafts: readonly MessageDraft[],
  waits: boolean,
): Promise<readonly (AppendOutcome | 'busy')[]> {
  if (drafts.length === 0) return [];
  const { mint, kept, pace } = state;
  await synchronise(mint, context.sql, context.clock);
  const { sends, stored } = groupSends(drafts, mint, kept);
  const bodies = startBodies(context, pace, sends, stored);
  const fates = new Map<Send, Fate>();
  // One lock for all that write: bodies of their own would wait for the very transaction that waits for them.
  if (pace.isSlow || !context.sql.words.hasRowLocks) await failLost(bodies, fates);
  const rest = sends.filter((send) => !fates.has(send));
  for (const [send, fate] of await writeRows(context, state, { sends: rest, bodies, waits, looksUpAll: false })) {
    fates.set(send, fate);
  }
  await findLost(context, fates);
  return outcomesOf(drafts, sends, fates, await concludeAppend(context, state, fates, bodies));
}

async function failLost(bodies: BatchBodies, fates: Map<Send, Fate>): Promise<void> {
  for (const [send, error] of await bodies.lost) fates.set(send, { kind: 'failed', error, isBodiless: true });
}

/** A repeat needs no body of its own: it is answered also while none can be stored. */
async function findLost(context: RepositoryContext, fates: Map<Send, Fate>): Promise<void> {
  const { sql } = context;
  const unstored = [...fates].flatMap(([send, fate]) =>
    fate.kind === 'failed' && fate.isBodiless === true ? [send] : [],
  );
  if (unstored.every(({ draft }) => draft.clientMessageId === null)) return;
  try {
    for (const [send, first] of await sql.read((session) => findFirst(session, sql.words, unstored))) {
      fates.set(send, { kind: 'known', first });
    }
  } catch (error) {
    // Not known, then: they stay unavailable and may be sent again.
    if (!(error instanceof AppError)) throw error;
  }
}

/** A slow body store costs the acknowledgements of what was stored this much; the repeats of the batch ask again. */
const PATIENCE_MS = 1_000;

/**
 * What is left to do after the COMMIT, none of which may fail the batch or hold up what it stored: reading the first
 * messages of repeats, keeping the bodies of busy chats, and removing those that no row will name, which nobody waits for.
 */
async function concludeAppend(
  context: RepositoryContext,
  state: AppendState,
  fates: ReadonlyMap<Send, Fate>,
  bodies: BatchBodies,
): Promise<FirstMessages> {
  const known = [...fates.values()].flatMap((fate) => (fate.kind === 'known' ? [fate.first] : []));
  const left = [...fates].filter(([, fate]) => fate.kind === 'busy' || isUnused(fate));
  if (known.length === 0 && left.length === 0) return new Map();
  const kept = context.bodiesWithRows === undefined ? tidy(context, state, left, bodies) : Promise.resolve();
  const firsts = readFirsts(context, known);
  const isAwaited = [...fates.values()].some((fate) => fate.kind === 'stored');
  const [read] = await Promise.all([
    isAwaited ? within(PATIENCE_MS, firsts, () => new AppError('unavailable')) : firsts,
    atMost(PATIENCE_MS, kept, undefined),
  ]);
  return read;
}

/** Resolves when the bodies of busy chats are kept for the next try; those that nobody will name go behind the answers. */
function tidy(
  context: RepositoryContext,
  state: AppendState,
  left: readonly (readonly [Send, Fate])[],
  bodies: BatchBodies,
): Promise<void> {
  const unused = left.flatMap(([send, fate]) => (isUnused(fate) ? [send] : []));
  if (unused.length > 0) context.afterwork.track(dropUnused(context, unused, bodies));
  const busy = left.flatMap(([send, fate]) => (fate.kind === 'busy' ? [send] : []));
  return keep(state, busy, bodies);
}

async function keep({ kept }: AppendState, busy: readonly Send[], bodies: BatchBodies): Promise<void> {
  if (busy.length === 0) return;
  const lost = await bodies.lost;
  for (const send of busy) if (!lost.has(send)) kept.set(send.draft, send.minted);
}

async function dropUnused(context: RepositoryContext, unused: readonly Send[], bodies: BatchBodies): Promise<void> {
  const lost = await bodies.lost;
  await dropBodies(
    context,
    unused.filter((send) => !lost.has(send)).map((send) => send.minted.id),
  );
}

/**
 * Only what is certain: the body of a repeat, and of a send that a rule refused. Where the store failed, the body stays
 * behind as an orphan, because a commit that was wrongly given up for lost would miss it.
 */
function isUnused(fate: Fate): boolean {
  if (fate.kind !== 'failed') return fate.kind === 'known';
  const { code } = fate.error;
  return code !== 'internal' && !ERROR_CODES[code].retryable;
}
