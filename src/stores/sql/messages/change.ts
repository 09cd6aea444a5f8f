import { AppError } from '../../../domain/errors.js';
import type { DurableEvent } from '../../../domain/events.js';
import { enforce, type Decision } from '../../../domain/policies/decision.js';
import type { Change } from '../../../ports/chat-store.js';
import type { Session } from '../database.js';
import { lockChat } from '../ground/change.js';
import type { ChatRow } from '../ground/chat-rows.js';
import type { RepositoryContext } from '../ground/context.js';
import type { MessageRow } from '../ground/message-rows.js';
import { Revs, type RowChange } from '../ground/revs.js';
import { settled, type CommitPlaces, type Instead, type Verdict } from '../ground/settle.js';
import { readMessageState, type MessageState } from './message-state.js';

/** Who changes which message, and what decides whether they may. */
export interface MessageNeed {
  readonly chatId: number;
  readonly messageId: number;
  readonly actorId: number;
  /** Asked once, with what the locked rows say. */
  readonly may: (state: MessageState) => Decision;
  readonly places: CommitPlaces;
}

/** A message as the lock of its chat holds it still. */
export interface LockedMessage {
  readonly tx: Session;
  readonly chat: ChatRow;
  readonly row: MessageRow;
  /** The database's clock, read after the lock was granted, and by the process's own when it was asked. */
  readonly now: Date;
  readonly askedAt: number;
  /** The chat's next rev, for one event. */
  readonly take: () => number;
}

export interface PlannedMessageChange<T> {
  readonly result: T;
  /** One for each rev that was taken, in their order. */
  readonly events: readonly DurableEvent[];
  /** What the chat's own row gets besides its revs. */
  readonly row?: RowChange;
}

/**
 * As `changeChat`, for one message: lock its chat, ask the policy, let `work` write, count the revs, commit. `work` answers
 * null where what it was planned on is over: nothing is changed. `verify` looks for the change where the answer to its
 * COMMIT is lost.
 */
export function changeMessage<T>(
  context: RepositoryContext,
  need: MessageNeed,
  work: (locked: LockedMessage) => Promise<PlannedMessageChange<T> | null>,
  verify: (tx: Session, events: readonly DurableEvent[]) => Promise<Verdict | Instead<Change<T>>>,
): Promise<Change<T> | null> {
  const { sql, clock } = context;
  return settled<Change<T> | null>(
    sql,
    async (tx) => {
      const chat = await lockChat(tx, sql.tables, need.chatId);
      if (chat === null) throw new AppError('message_not_found');
      const state = await readMessageState(tx, sql.words, need.messageId, need.actorId);
      enforce(need.may(state));
      const askedAt = clock.monotonic();
      const revs = new Revs(chat);
      const now = await tx.now();
      const change = await work({ tx, chat, row: state.row, now, askedAt, take: () => revs.take() });
      if (change === null) return null;
      await revs.write(tx, sql.tables, change.events, change.row);
      return { result: change.result, events: change.events };
    },
    async (tx, change) => {
      await lockChat(tx, sql.tables, need.chatId);
      return verify(tx, change?.events ?? []);
    },
    need.places,
  );
}
