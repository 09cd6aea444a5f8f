import { AppError } from '../../../../domain/errors.js';
import { maySend } from '../../../../domain/policies/message-policy.js';
import { selectedRows, type Words } from '../../words.js';
import type { Session } from '../../database.js';
import { activeSenders, existingChats, readActive, type SendingChat, type SenderPair } from './statements.js';
import { findFirst, type FirstMessage } from './duplicates.js';
import type { MembersCache } from './members-cache.js';
import type { Send } from './sends.js';

/** What the locked rows say about the sends of a batch. */
export interface AdmittedSends {
  readonly allowed: readonly Send[];
  readonly known: ReadonlyMap<Send, FirstMessage>;
  readonly refused: ReadonlyMap<Send, AppError>;
  /** Their chats are held by somebody else. */
  readonly busy: ReadonlySet<Send>;
}

/** What the locking packet has brought along. */
export interface Opened {
  readonly heads: ReadonlyMap<number, SendingChat>;
  /** Senders whose accounts are disabled. */
  readonly disabled: ReadonlySet<number>;
  /** Who was asked about because nothing was known of them, and which of them are active. */
  readonly asked: readonly SenderPair[];
  readonly active: readonly SenderPair[];
  /** The sends that were looked up, and what was found. */
  readonly lookedUp: readonly Send[];
  readonly known: ReadonlyMap<Send, FirstMessage>;
}

/**
 * Decides under the locks who may send. A refusal is given only to what is new: the retry of someone removed since still
 * gets its first answer, so refused sends are looked up before they are told.
 */
export async function admit(
  tx: Session,
  words: Words,
  cache: MembersCache,
  sends: readonly Send[],
  opened: Opened,
): Promise<AdmittedSends> {
  const { heads } = opened;
  const held = await heldByOthers(tx, words, sends, heads);
  const busy = new Set(sends.filter((send) => held.has(send.draft.chatId)));
  const known = new Map([...opened.known].filter(([send]) => !busy.has(send)));
  const open = sends.filter((send) => !busy.has(send) && !known.has(send));
  const members = await membersAmong(tx, words, cache, open, opened);

  const refused = new Map<Send, AppError>();
  for (const send of open) {
    const refusal = refusalOf(send, opened, members);
    if (refusal !== null) refused.set(send, refusal);
  }
  const lookedUp = new Set(opened.lookedUp);
  const unasked = [...refused.keys()].filter((send) => !lookedUp.has(send));
  for (const [send, first] of await findFirst(tx, words, unasked)) {
    refused.delete(send);
    known.set(send, first);
  }
  return { allowed: open.filter((send) => !refused.has(send) && !known.has(send)), known, refused, busy };
}

/** A chat whose row the locking read did not give either does not exist, or was skipped. */
async function heldByOthers(
  tx: Session,
  words: Words,
  sends: readonly Send[],
  heads: ReadonlyMap<number, SendingChat>,
): Promise<ReadonlySet<number>> {
  const missing = chatIdsOf(sends).filter((id) => !heads.has(id));
  if (missing.length === 0 || !words.hasRowLocks) return new Set();
  const { text, values } = existingChats(words, missing);
  return new Set(selectedRows(await tx.query(text, values)).map((row) => Number(row['id'])));
}

/** The active participants among the senders, as keys: by what was known, checked by the locked row, and by asking. */
async function membersAmong(
  tx: Session,
  words: Words,
  cache: MembersCache,
  sends: readonly Send[],
  { heads, asked, active }: Opened,
): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  const add = (found: readonly SenderPair[]): void => {
    for (const pair of found) {
      const head = heads.get(pair[0]);
      if (head === undefined) continue;
      cache.remember(head, pair[1]);
      members.add(pairKey(pair));
    }
  };
  add(active);
  const wereAsked = new Set(asked.map(pairKey));
  const stale: SenderPair[] = [];
  for (const pair of pairsOf(sends)) {
    const head = heads.get(pair[0]);
    if (head === undefined || wereAsked.has(pairKey(pair))) continue;
    if (cache.holds(head, pair[1])) members.add(pairKey(pair));
    else stale.push(pair);
  }
  if (stale.length > 0) {
    const { text, values } = activeSenders(words, stale);
    add(readActive(await tx.query(text, values)));
  }
  return members;
}

function refusalOf({ draft }: Send, { heads, disabled }: Opened, members: ReadonlySet<string>): AppError | null {
  const isMember = members.has(pairKey([draft.chatId, draft.senderId]));
  const membership = isMember ? { userId: draft.senderId, isAdmin: false } : null;
  const decision = maySend(heads.get(draft.chatId) ?? null, membership, !disabled.has(draft.senderId));
  if (decision.allowed) return null;
  return new AppError(decision.code, decision.detail === undefined ? {} : { detail: decision.detail });
}

/** Chats in ascending order of id: the order in which every transaction locks. */
export function chatIdsOf(sends: readonly Send[]): readonly number[] {
  return [...new Set(sends.map((send) => send.draft.chatId))].sort((a, b) => a - b);
}

/** Each chat and sender once. */
export function pairsOf(sends: readonly Send[]): readonly SenderPair[] {
  const pairs = sends.map(({ draft }): SenderPair => [draft.chatId, draft.senderId]);
  return [...new Map(pairs.map((pair) => [pairKey(pair), pair])).values()];
}

function pairKey([chatId, senderId]: SenderPair): string {
  return `${chatId}:${senderId}`;
}
