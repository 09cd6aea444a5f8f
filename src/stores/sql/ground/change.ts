import { eq } from 'drizzle-orm';
import type { DurableEvent } from '../../../domain/events.js';
import type { Change } from '../../../ports/chat-store.js';
import type { Session } from '../database.js';
import type { RepositoryContext } from './context.js';
import { activeMembers } from './members.js';
import { judge, type Proof } from './proof.js';
import type { ChatRow, Member } from './chat-rows.js';
import { settled, type CommitPlaces, type Instead, type Verdict } from './settle.js';

/** A chat as its lock holds it still: nobody else changes it or who is in it until the transaction ends. */
export interface LockedChat {
  readonly tx: Session;
  /** null: there is no such chat. */
  readonly chat: ChatRow | null;
  readonly members: readonly Member[];
  /** The database's clock, read after the lock was granted. */
  readonly now: Date;
}

export interface Planned<T> {
  readonly result: T;
  readonly events: readonly DurableEvent[];
  /** null: nothing was changed. */
  readonly proof: Proof<T> | null;
}

export function unchanged<T>(result: T): Planned<T> {
  return { result, events: [], proof: null };
}

/** One durable change of a chat: lock, decide, write, commit; `work` throws a policy's refusal to leave no trace. */
export async function changeChat<T>(
  context: RepositoryContext,
  chatId: number,
  work: (locked: LockedChat) => Promise<Planned<T>>,
): Promise<Change<T>> {
  const { sql } = context;
  const planned = await settled(
    sql,
    async (tx) => {
      const chat = await lockChat(tx, sql.tables, chatId);
      const members = chat === null ? [] : await activeMembers(tx, sql.tables, chatId);
      return work({ tx, chat, members, now: await tx.now() });
    },
    (tx, planned) => verdict(tx, sql.tables, chatId, planned.proof),
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
): Promise<Verdict | Instead<Planned<T>>> {
  if (proof === null) return 'committed';
  const chat = await lockChat(tx, tables, chatId);
  if (chat === null) return 'absent';
  const { chatParticipants } = tables;
  const rows = await tx.db.select().from(chatParticipants).where(eq(chatParticipants.chatId, chatId));
  const members = await activeMembers(tx, tables, chatId);
  const found = { chat, participants: new Map(rows.map((row) => [row.userId, row])), members };
  const verdict = judge(proof, found);
  if (verdict === 'committed') return verdict;
  // Not known to be ours: whoever did it has published it.
  const achieved = proof.achieved(found);
  return achieved === null ? verdict : { instead: unchanged(achieved.result) };
}
