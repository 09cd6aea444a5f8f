import { and, eq } from 'drizzle-orm';
import type { DurableEvent } from '../../../domain/events.js';
import type { Change } from '../../../ports/chat-store.js';
import type { Session } from '../database.js';
import type { RepositoryContext } from './context.js';
import { activeMembers } from './members.js';
import type { ChatRow, Member, ParticipantRow } from './rows.js';
import { settled, type Verdict } from './settle.js';

/** A chat as its lock holds it still: nobody else changes it or who is in it until the transaction ends. */
export interface LockedChat {
  readonly tx: Session;
  /** null: there is no such chat. */
  readonly chat: ChatRow | null;
  readonly members: readonly Member[];
  /** The database's clock, read after the lock was granted. */
  readonly now: Date;
}

/** How to find out later whether a change was committed: by a row that it touched. */
export interface Proof {
  /** The rev that the row took with the change; null for a change that takes none. */
  readonly rev: number | null;
  /** null: the chat's own row. */
  readonly userId: number | null;
  readonly isWanted: (row: { readonly chat: ChatRow; readonly participant: ParticipantRow | null }) => boolean;
}

export interface Planned<T> {
  readonly result: T;
  readonly events: readonly DurableEvent[];
  /** null: nothing was changed. */
  readonly proof: Proof | null;
}

export function unchanged<T>(result: T): Planned<T> {
  return { result, events: [], proof: null };
}

/** One durable change of a chat: lock, decide, write, commit; `work` throws a policy's refusal to leave no trace. */
export async function changeChat<T>(
  { sql }: RepositoryContext,
  chatId: number,
  work: (locked: LockedChat) => Promise<Planned<T>>,
): Promise<Change<T>> {
  const planned = await settled(
    sql,
    async (tx) => {
      const chat = await lockChat(tx, sql.tables, chatId);
      const members = chat === null ? [] : await activeMembers(tx, sql.tables, chatId);
      return work({ tx, chat, members, now: await tx.now() });
    },
    (tx, { proof }) => verdict(tx, sql.tables, chatId, proof),
  );
  return { result: planned.result, events: planned.events };
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

async function verdict(
  tx: Session,
  tables: RepositoryContext['sql']['tables'],
  chatId: number,
  proof: Proof | null,
): Promise<Verdict> {
  if (proof === null) return 'committed';
  const chat = await lockChat(tx, tables, chatId);
  if (chat === null || (proof.rev !== null && chat.rev < proof.rev)) return 'absent';
  const participant = proof.userId === null ? null : await participantRow(tx, tables, chatId, proof.userId);
  if (proof.rev === null) return proof.isWanted({ chat, participant }) ? 'committed' : 'absent';
  const rev = proof.userId === null ? chat.changedRev : (participant?.rev ?? 0);
  if (rev === proof.rev) return 'committed';
  if (rev < proof.rev) return 'absent';
  return proof.isWanted({ chat, participant }) ? 'committed' : 'unknown';
}

export async function participantRow(
  session: Session,
  { chatParticipants }: RepositoryContext['sql']['tables'],
  chatId: number,
  userId: number,
): Promise<ParticipantRow | null> {
  const [row] = await session.db
    .select()
    .from(chatParticipants)
    .where(and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, userId)));
  return row ?? null;
}
