import { and, eq, isNull } from 'drizzle-orm';
import type { DurableEvent } from '../../../domain/events.js';
import { mayDelete } from '../../../domain/policies/message-policy.js';
import type { Change } from '../../../ports/chat-store.js';
import type { Words } from '../words.js';
import type { Session } from '../database.js';
import type { ChatRow } from '../ground/chat-rows.js';
import type { RepositoryContext } from '../ground/context.js';
import { VISIBLE_INDEX } from '../ground/lists.js';
import type { MessageRow } from '../ground/message-rows.js';
import { isSameMoment } from '../ground/proof.js';
import type { Instead, Verdict } from '../ground/settle.js';
import { changeMessage, type LockedMessage, type MessageNeed, type PlannedMessageChange } from './change.js';
import { readMessageState } from './message-state.js';

/** The row first: gone for every reader with the commit. All bodies the message ever had are then due for erasing. */
export async function commitRemoval(
  context: RepositoryContext,
  messageId: number,
  actorId: number,
): Promise<Change<null>> {
  const { sql, failpoints } = context;
  const { row } = await sql.read((session) => readMessageState(session, sql.words, messageId, actorId));
  const need: MessageNeed = {
    chatId: row.chatId,
    messageId,
    actorId,
    may: ({ chat, actor, row }) => mayDelete(chat, actor, row),
    places: {
      beforeCommit: () => failpoints.hit('remove.before_commit'),
      afterCommit: () => failpoints.hit('remove.after_commit'),
    },
  };
  const change = await changeMessage(
    context,
    need,
    (locked) => writeRemoval(locked, context, actorId),
    (tx, events) => removalVerdict(tx, context, messageId, events),
  );
  return change ?? NOTHING;
}

const NOTHING: Change<null> = { result: null, events: [] };

async function writeRemoval(
  { tx, chat, row, now, take }: LockedMessage,
  { sql: { words, tables } }: RepositoryContext,
  actorId: number,
): Promise<PlannedMessageChange<null>> {
  const { messageMetadata } = tables;
  const { chatId, id: messageId, seq } = row;
  const rev = take();
  await tx.db
    .update(messageMetadata)
    .set({ isDeleted: true, requestHash: null, rev, deletedBy: actorId, deletedAt: now })
    .where(and(eq(messageMetadata.chatId, chatId), eq(messageMetadata.seq, seq)));
  await fileBodies(tx, tables, row, now);
  return {
    result: null,
    events: [{ type: 'message_deleted', chatId, rev, at: now, messageId, seq, deletedBy: actorId }],
    row: {
      visibleCount: chat.visibleCount - 1,
      lastVisibleSeq: await lastVisibleWithout(tx, words, chat, seq),
    },
  };
}

async function fileBodies(
  tx: Session,
  { oldBodies }: RepositoryContext['sql']['tables'],
  row: MessageRow,
  now: Date,
): Promise<void> {
  const { bodyId, chatId, messageId, version } = row;
  if (version > 1) {
    // Superseded bodies were waiting for their grace to end; a deletion grants none.
    await tx.db
      .update(oldBodies)
      .set({ reason: 'deleted', dueAt: now })
      .where(and(eq(oldBodies.messageId, messageId), isNull(oldBodies.erasedAt)));
  }
  await tx.db.insert(oldBodies).values({ bodyId, chatId, messageId, version, reason: 'deleted', dueAt: now });
}

async function lastVisibleWithout(tx: Session, words: Words, chat: ChatRow, seq: number): Promise<number> {
  if (seq !== chat.lastVisibleSeq) return chat.lastVisibleSeq;
  const [previous] = await tx.query(
    `SELECT m.seq FROM message_metadata m ${words.index(VISIBLE_INDEX)}
     WHERE m.chat_id = ? AND m.is_deleted = FALSE AND m.seq < ? ORDER BY m.seq DESC LIMIT 1`,
    [chat.id, seq],
  );
  return Number(previous?.['seq'] ?? 0);
}

/**
 * A message is deleted once, so its row carries the deletion's own rev and moment for ever. A rev alone would not tell
 * our deletion from another's that took the same one after ours was lost; that other one has published.
 */
async function removalVerdict(
  tx: Session,
  { sql: { tables } }: RepositoryContext,
  id: number,
  [event]: readonly DurableEvent[],
): Promise<Verdict | Instead<Change<null>>> {
  const { messageMetadata } = tables;
  const [deleted] = await tx.db
    .select({ rev: messageMetadata.rev, at: messageMetadata.deletedAt })
    .from(messageMetadata)
    .where(and(eq(messageMetadata.id, id), eq(messageMetadata.isDeleted, true)));
  if (deleted === undefined) return 'absent';
  const isOurs = deleted.rev === event?.rev && deleted.at !== null && isSameMoment(deleted.at, event.at);
  return isOurs ? 'committed' : { instead: NOTHING };
}
