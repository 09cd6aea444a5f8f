import { eq } from 'drizzle-orm';
import type { Chat } from '../../../domain/chat.js';
import type { DurableEvent } from '../../../domain/events.js';
import { enforce, type Decision } from '../../../domain/policies/decision.js';
import type { Membership } from '../../../domain/policies/rights.js';
import type { Change } from '../../../ports/chat-store.js';
import type { Session } from '../database.js';
import { membershipOf, toChat, type ChatRow, type ParticipantWithUser } from './chat-rows.js';
import type { RepositoryContext } from './context.js';
import { activeMembers } from './members.js';
import { judgeTraces, type Proof } from './proof.js';
import { Revs, type RowChange } from './revs.js';
import { settled, type CommitPlaces, type Instead, type Verdict } from './settle.js';

/** What a policy is asked with: the rows under the lock. */
export interface AskedChat {
  /** null: there is no such chat. */
  readonly chat: Chat | null;
  readonly members: readonly ParticipantWithUser[];
  readonly actor: Membership;
}

/** Who changes a chat, what decides whether they may, and what of it has to be read for that. */
export interface ChatNeed {
  readonly actorId: number;
  /** Asked once. A chat that is not there is to be refused. */
  readonly may: (asked: AskedChat) => Decision;
  /** `all`: everyone who is in it, joined first. `actor`: nobody but the actor. */
  readonly members: 'all' | 'actor';
}

/** A chat as its lock holds it still: nobody else changes it or who is in it until the transaction ends. */
export interface LockedChat {
  readonly tx: Session;
  readonly chat: ChatRow;
  readonly members: readonly ParticipantWithUser[];
  /** The database's clock, read after the lock was granted. */
  readonly now: Date;
  /** The chat's next rev, for one event. */
  readonly take: () => number;
}

export interface PlannedChange<T> {
  readonly result: T;
  /** One for each rev that was taken, in their order. */
  readonly events: readonly DurableEvent[];
  /** What the chat's own row gets besides its revs. */
  readonly row?: RowChange;
  /** null: nothing was changed. */
  readonly proof: Proof<T> | null;
}

export function unchanged<T>(result: T): PlannedChange<T> {
  return { result, events: [], proof: null };
}

/** The one door for durable changes of a chat: lock, ask the policy, let `work` write, count the revs, commit. */
export async function changeChat<T>(
  context: RepositoryContext,
  chatId: number,
  need: ChatNeed,
  work: (locked: LockedChat) => Promise<PlannedChange<T>>,
): Promise<Change<T>> {
  const { sql } = context;
  const { tables } = sql;
  const planned = await settled(
    sql,
    async (tx) => {
      const chat = await lockChat(tx, tables, chatId);
      const only = need.members === 'all' ? null : need.actorId;
      const members = chat === null ? [] : await activeMembers(tx, tables, chatId, only);
      const actor = membershipOf(members, need.actorId);
      enforce(need.may({ chat: chat === null ? null : toChat(chat), members, actor }));
      if (chat === null) throw new TypeError('what was allowed is a change of a chat');
      const revs = new Revs(chat);
      const change = await work({ tx, chat, members, now: await tx.now(), take: () => revs.take() });
      await revs.write(tx, tables, change.events, change.row);
      return change;
    },
    (tx, change) => verdict(tx, tables, chatId, change.proof),
    chatPlaces(context),
  );
  return { result: planned.result, events: planned.events };
}

/** The places of everything that changes a chat or who is in it. */
export function chatPlaces({ failpoints }: RepositoryContext): CommitPlaces {
  return {
    beforeCommit: () => failpoints.hit('chat.before_commit'),
    afterCommit: () => failpoints.hit('chat.after_commit'),
  };
}

/** Takes the chat's lock and reads its row as it is from then on. */
export async function lockChat(
  tx: Session,
  { chats }: RepositoryContext['sql']['tables'],
  chatId: number,
): Promise<ChatRow | null> {
  const [chat] = await tx.lock(tx.db.select().from(chats).where(eq(chats.id, chatId)));
  return chat ?? null;
}

async function verdict<T>(
  tx: Session,
  tables: RepositoryContext['sql']['tables'],
  chatId: number,
  proof: Proof<T> | null,
): Promise<Verdict | Instead<PlannedChange<T>>> {
  if (proof === null) return 'committed';
  const chat = await lockChat(tx, tables, chatId);
  if (chat === null) return 'absent';
  const { chatParticipants } = tables;
  const rows = await tx.db.select().from(chatParticipants).where(eq(chatParticipants.chatId, chatId));
  const members = await activeMembers(tx, tables, chatId);
  const found = { chat, participants: new Map(rows.map((row) => [row.userId, row])), members };
  const verdict = judgeTraces(proof, found);
  if (verdict === 'committed') return verdict;
  // Not known to be ours: whoever did it has published it.
  const achieved = proof.achieved(found);
  return achieved === null ? verdict : { instead: unchanged(achieved.result) };
}
