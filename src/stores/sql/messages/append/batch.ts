import { AppError } from '../../../../domain/errors.js';
import { selectedRows, type Words } from '../../words.js';
import { reach, type RepositoryContext } from '../../ground/context.js';
import { settledAttempt, type Instead } from '../../ground/settle.js';
import { asDate, type Closing, type Session, type SqlRow, type Statement } from '../../database.js';
import { admit, chatIdsOf, pairsOf, type Opened } from './admission.js';
import { advance } from './advance.js';
import type { AppendState } from './state.js';
import {
  activeSenders,
  disabledSenders,
  insertion,
  lockHeads,
  readActive,
  readHeads,
  readStored,
  storedRows,
  type SendingChat,
  type Placed,
} from './statements.js';
import { NONE_LOST, type BatchBodies, type LostBodies } from './body-writes.js';
import { firstMessages, readFirstMessages, type FirstMessage } from './duplicates.js';
import { isFresh } from './minting.js';
import type { Send } from './sends.js';

/** What one transaction is to store. */
export interface BatchWork {
  readonly sends: readonly Send[];
  readonly bodies: BatchBodies;
  /** False: chats that somebody else holds are left out. */
  readonly waits: boolean;
  /** Whether all are looked up with the locking read, or only those of senders that are known to repeat. */
  readonly looksUpAll: boolean;
}

/** What became of each send. */
export interface BatchResult {
  readonly stored: readonly (Placed & { readonly id: number })[];
  readonly known: ReadonlyMap<Send, FirstMessage>;
  readonly failed: ReadonlyMap<Send, AppError>;
  readonly lost: LostBodies;
  readonly busy: ReadonlySet<Send>;
}

/** All but the ids, which come with the COMMIT. */
interface BatchPlan extends Omit<BatchResult, 'stored'> {
  readonly placed: readonly Placed[];
}

/**
 * The transaction of a batch, in two round trips where the dialect has packets.
 *
 *   open   Locks the chats, then reads the database's clock, which accounts are disabled, the senders that nothing is known of, and what suspected
 *          repeats were first stored as: all behind the locks, so what is read holds until the COMMIT.
 *   admit  Who may send (admission.ts). What is too old, or has lost its body, fails by itself.
 *   place  seqs and revs in blocks per chat and in the order of the batch: dense and without a gap, because what is
 *          placed is written now or not at all.
 *   close  One INSERT, the counters and watermarks, the COMMIT.
 *
 * When the answer to the COMMIT is lost, a look under the same locks finds all of the rows or none.
 * Throws BodiesLate, and a DriverFailure that names the key where a repeat was not looked up; nothing is written then.
 */
export async function commitBatch(
  context: RepositoryContext,
  state: AppendState,
  work: BatchWork,
): Promise<BatchResult> {
  const { sql } = context;
  return settledAttempt<BatchPlan, BatchResult>(
    sql,
    async (plan) => {
      const { opening, read } = openingOf(sql.words, state, work);
      const began = context.clock.monotonic();
      return sql.batch(
        opening,
        async (tx, opened) => {
          plan(null);
          const closing = await decide(tx, context, state, work, read(opened), began);
          plan({ value: closing.planned });
          return closing;
        },
        { isPatient: work.waits },
      );
    },
    (tx, planned) => findCommitted(tx, context, planned),
    { afterCommit: () => context.failpoints.hit('append.after_commit') },
  );
}

interface Reading extends Opened {
  /** Null where the process's clock is the database's. */
  readonly now: Date | null;
}

function openingOf(
  words: Words,
  { members, repeaters }: AppendState,
  { sends, waits, looksUpAll }: BatchWork,
): { opening: readonly Statement[]; read: (opened: readonly (readonly SqlRow[])[]) => Reading } {
  const asked = pairsOf(sends).filter((pair) => !members.mayKnow(pair));
  const lookedUp = looksUpAll ? sends : sends.filter(({ draft }) => repeaters.has(draft.senderId));
  const heads = lockHeads(words, chatIdsOf(sends), !waits);
  const { clock } = words;
  const senders = asked.length === 0 ? null : activeSenders(words, asked);
  const disabled = disabledSenders(words, sends);
  const firsts = firstMessages(words, lookedUp);
  const opening = [heads, clock, disabled, senders, firsts].filter((statement) => statement !== null);
  return {
    opening,
    read(opened) {
      const rowsOf = (statement: Statement | null): readonly SqlRow[] =>
        statement === null ? [] : (opened[opening.indexOf(statement)] ?? []);
      const at = rowsOf(clock)[0]?.['at'];
      return {
        heads: readHeads(rowsOf(heads)),
        now: at === undefined ? null : asDate(at),
        disabled: new Set(selectedRows(rowsOf(disabled)).map((row) => Number(row['id']))),
        asked,
        active: readActive(rowsOf(senders)),
        lookedUp,
        known: readFirstMessages(lookedUp, rowsOf(firsts)),
      };
    },
  };
}

async function decide(
  tx: Session,
  context: RepositoryContext,
  state: AppendState,
  { sends, bodies }: BatchWork,
  opened: Reading,
  began: number,
): Promise<Closing<BatchResult> & { readonly planned: BatchPlan }> {
  await reach(context, 'append.locked');
  const { words } = context.sql;
  const { allowed, known, refused, busy } = await admit(tx, words, state.members, sends, opened);
  const since = opened.now === null ? context.clock.monotonic() : began;
  const now = opened.now ?? (await tx.now());
  state.mint.observe(now, since);
  const lost = allowed.length === 0 ? NONE_LOST : await bodies.lostBeforeLong();
  // Behind everything that is waited for: this process may have stood still meanwhile.
  const stale = allowed.filter((send) => !isFresh(send.minted, now, context.clock));
  const failed = new Map([...refused, ...stale.map((send) => [send, new AppError('unavailable')] as const)]);
  const placed = place(
    allowed.filter((send) => !failed.has(send) && !lost.has(send)),
    opened.heads,
  );
  const planned: BatchPlan = { placed, known, failed, lost, busy };
  const written = placed.length === 0 ? null : insertion(words, placed);
  const withRows = bodies.withRows(placed.map(({ send }) => send));
  if (withRows !== null) await reach(context, 'append.before_bodies');
  const statements =
    written === null
      ? []
      : [...(withRows === null ? [] : [withRows]), written, ...advance(words, opened.heads, placed, now)];
  return {
    planned,
    statements,
    result(results) {
      const inserted = written === null ? undefined : results[statements.indexOf(written)];
      return identified(planned, inserted === undefined ? [] : tx.insertIds(inserted, placed.length));
    },
    ...pauses(context, withRows !== null),
  };
}

/** Only where a test is looking: production sends the COMMIT in the packet of the statements before it. */
function pauses(context: RepositoryContext, areBodiesWritten: boolean): Pick<Closing<never>, 'beforeCommit'> {
  if (!context.hasFailpoints) return {};
  return {
    async beforeCommit() {
      if (areBodiesWritten) await reach(context, 'append.after_bodies');
      await reach(context, 'append.inserted');
      await reach(context, 'append.before_commit');
    },
  };
}

function place(sends: readonly Send[], heads: ReadonlyMap<number, SendingChat>): readonly Placed[] {
  const taken = new Map<number, number>();
  return sends.map((send) => {
    const head = heads.get(send.draft.chatId);
    const step = (taken.get(send.draft.chatId) ?? 0) + 1;
    taken.set(send.draft.chatId, step);
    return { send, seq: (head?.lastSeq ?? 0) + step, rev: (head?.rev ?? 0) + step };
  });
}

function identified({ placed, ...planned }: BatchPlan, ids: readonly number[]): BatchResult {
  const stored = placed.map((one, index) => {
    const id = ids[index];
    if (id === undefined) throw new TypeError('every inserted row has an id');
    return { ...one, id };
  });
  return { ...planned, stored };
}

/** All of the batch is there, or nothing: it was one transaction. The locks are taken first. */
async function findCommitted(
  tx: Session,
  { sql: { words } }: RepositoryContext,
  planned: BatchPlan,
): Promise<'absent' | 'unknown' | Instead<BatchResult>> {
  const sends = planned.placed.map(({ send }) => send);
  if (sends.length === 0) return { instead: identified(planned, []) };
  const heads = lockHeads(words, chatIdsOf(sends), false);
  await tx.query(heads.text, heads.values);
  const rows = storedRows(words, sends);
  const found = readStored(await tx.query(rows.text, rows.values));
  if (found.size === 0) return 'absent';
  const ids = sends.flatMap((send) => found.get(Buffer.from(send.minted.id).toString('hex')) ?? []);
  return ids.length === sends.length ? { instead: identified(planned, ids) } : 'unknown';
}
