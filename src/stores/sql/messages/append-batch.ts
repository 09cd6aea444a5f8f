import { AppError } from '../../../domain/errors.js';
import { maySend } from '../../../domain/policies/message-policy.js';
import type { RepositoryContext } from '../chats/context.js';
import type { Verdict } from '../chats/settle.js';
import type { Session } from '../database.js';
import { duplicateKey } from '../errors.js';
import { advance } from './advance.js';
import { activeSenders, insertMessages, lockHeads, type ChatHead, type Placed } from './append-statements.js';
import { findFirst, type FirstMessage } from './duplicates.js';
import { assertFresh, type Mint } from './minting.js';
import type { Send } from './sends.js';

/** What became of each send of a batch, before its COMMIT. */
export interface BatchPlan {
  readonly stored: ReadonlyMap<Send, Placed & { readonly id: number }>;
  readonly known: ReadonlyMap<Send, FirstMessage>;
  readonly refused: ReadonlyMap<Send, AppError>;
}

/**
 * The transaction of a batch, up to its COMMIT: locks all chats, decides who may send, gives seqs and revs in blocks
 * per chat and in the order of the batch, and writes with one statement per table.
 *
 * Repeats were looked up before; a key that another node committed since is found by the unique key. The lock is
 * held by then, so a second look-up sees everything there is, and the rest goes on in the same transaction.
 */
export async function writeBatch(
  tx: Session,
  context: RepositoryContext,
  mint: Mint,
  sends: readonly Send[],
): Promise<BatchPlan> {
  const { kind } = context.sql;
  const heads = await lockHeads(tx, kind, chatIdsOf(sends));
  const pairs = [
    ...new Map(sends.map(({ draft }) => [senderKey(draft), [draft.chatId, draft.senderId] as const])).values(),
  ];
  const { active, now } = await activeSenders(tx, kind, pairs);
  const refused = new Map<Send, AppError>();
  for (const send of sends) {
    const refusal = refusalOf(send, heads, active);
    if (refusal !== null) refused.set(send, refusal);
  }
  // A refusal is given only to what is new: the retry of someone removed since still gets its first answer.
  const known = new Map(await findFirst(tx, kind, [...refused.keys()]));
  for (const send of known.keys()) refused.delete(send);
  const allowed = sends.filter((send) => !refused.has(send) && !known.has(send));
  if (allowed.length === 0 || now === null) return { stored: new Map(), known, refused };

  mint.observe(now);
  for (const { minted } of allowed) assertFresh(minted, now, context.clock);
  const inserted = await insertNew(tx, context, heads, allowed);
  for (const [send, first] of inserted.known) known.set(send, first);
  await advance(tx, kind, heads, inserted.stored, now);
  return { stored: new Map(inserted.stored.map((one) => [one.send, one])), known, refused };
}

/** Chats in ascending order of id: the order in which every transaction locks. */
export function chatIdsOf(sends: readonly Send[]): readonly number[] {
  return [...new Set(sends.map((send) => send.draft.chatId))].sort((a, b) => a - b);
}

function senderKey({ chatId, senderId }: Send['draft']): string {
  return `${chatId}:${senderId}`;
}

function refusalOf(
  { draft }: Send,
  heads: ReadonlyMap<number, ChatHead>,
  active: ReadonlySet<string>,
): AppError | null {
  const membership = active.has(senderKey(draft)) ? { userId: draft.senderId, isAdmin: false } : null;
  const decision = maySend(heads.get(draft.chatId) ?? null, membership);
  if (decision.allowed) return null;
  return new AppError(decision.code, decision.detail === undefined ? {} : { detail: decision.detail });
}

async function insertNew(
  tx: Session,
  { sql: { kind } }: RepositoryContext,
  heads: ReadonlyMap<number, ChatHead>,
  sends: readonly Send[],
): Promise<{
  readonly stored: readonly (Placed & { readonly id: number })[];
  readonly known: ReadonlyMap<Send, FirstMessage>;
}> {
  try {
    return { stored: await insertPlaced(tx, kind, place(sends, heads)), known: new Map() };
  } catch (error) {
    if (duplicateKey(error) !== 'message_metadata_client_key') throw error;
    const known = await findFirst(tx, kind, sends);
    const rest = sends.filter((send) => !known.has(send));
    return { stored: await insertPlaced(tx, kind, place(rest, heads)), known };
  }
}

function place(sends: readonly Send[], heads: ReadonlyMap<number, ChatHead>): readonly Placed[] {
  const taken = new Map<number, number>();
  return sends.map((send) => {
    const head = heads.get(send.draft.chatId);
    const step = (taken.get(send.draft.chatId) ?? 0) + 1;
    taken.set(send.draft.chatId, step);
    return { send, seq: (head?.lastSeq ?? 0) + step, rev: (head?.rev ?? 0) + step };
  });
}

async function insertPlaced(
  tx: Session,
  kind: RepositoryContext['sql']['kind'],
  placed: readonly Placed[],
): Promise<readonly (Placed & { readonly id: number })[]> {
  if (placed.length === 0) return [];
  const ids = await insertMessages(tx, kind, placed);
  return placed.map((one, index) => {
    const id = ids[index];
    if (id === undefined) throw new TypeError('every inserted row has an id');
    return { ...one, id };
  });
}

/** Whether a batch whose COMMIT went unanswered is there: all of it or nothing. The locks are taken first. */
export async function batchVerdict(tx: Session, { sql }: RepositoryContext, plan: BatchPlan): Promise<Verdict> {
  const [witness] = plan.stored.keys();
  if (witness === undefined) return 'committed';
  await lockHeads(tx, sql.kind, chatIdsOf([...plan.stored.keys()]));
  const found = await tx.query('SELECT id FROM message_metadata WHERE message_id = ?', [witness.minted.id]);
  return found.length > 0 ? 'committed' : 'absent';
}
