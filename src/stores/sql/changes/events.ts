import type { DurableEvent } from '../../../domain/events.js';
import type { Message } from '../../../domain/message.js';
import type { RepositoryContext } from '../chats/context.js';
import { toParticipant, type Member } from '../chats/rows.js';
import { withContents } from '../messages/contents.js';
import { listOf } from '../messages/lists.js';
import type { MessageRow } from '../messages/rows.js';
import type { Changed, ChangedMessage } from './rows.js';

/** What changed as the events that bring a reader of `since` there, in no order; `readable`: what was read of it. */
export async function eventsWith(
  context: RepositoryContext,
  changed: Changed,
  readable: ReadonlyMap<number, Message>,
): Promise<readonly DurableEvent[]> {
  const told = await messageEvents(context, changed.messages, changed.since, readable);
  return [...told, ...otherEvents(context, changed)];
}

/** Of the messages that the snapshot does not show as deleted. */
export function presentRows(messages: readonly ChangedMessage[]): readonly MessageRow[] {
  return messages.flatMap(({ row }) => (row.isDeleted ? [] : [row]));
}

export function byId(messages: readonly Message[]): ReadonlyMap<number, Message> {
  return new Map(messages.map((message) => [message.id, message]));
}

/**
 * One event for each message, in their order. It carries the rev that the message has in the snapshot, so that none lies
 * above the delta's own. Bodies are read after the snapshot: of a message that was edited since, the body of then is
 * there for a day. Only where it has been erased the newer version is shown, what was deleted is told as deleted, and the
 * event of that later change repeats it. `known`: what was read already, of these messages and perhaps of others.
 */
export async function messageEvents(
  context: RepositoryContext,
  messages: readonly ChangedMessage[],
  since: number,
  known?: ReadonlyMap<number, Message>,
): Promise<readonly DurableEvent[]> {
  const readable = known ?? byId(await withContents(context, presentRows(messages)));
  const present = messages.filter(({ row }) => !row.isDeleted);
  const gone = present.filter(({ row }) => !readable.has(row.id));
  const deleters = await readDeleters(context, gone);
  return messages.map((message) => {
    const content = readable.get(message.row.id);
    return content === undefined
      ? deletion(message, deleters.get(message.row.id) ?? message.deletedBy)
      : presence(message, content, since);
  });
}

/** What changed beside the messages, as it is in the snapshot. */
export function otherEvents(context: Pick<RepositoryContext, 'clock'>, changed: Changed): readonly DurableEvent[] {
  const { participants, fields, head } = changed;
  const joined = participants.map((member) => participation(member, changed.since, new Date(context.clock.now())));
  if (!fields) return joined;
  const { chatId, name, updatedAt } = head;
  const own = { type: 'chat_updated' as const, chatId, rev: head.changedRev, at: updatedAt, name, updatedAt };
  return [...joined, own];
}

function presence({ row, createdRev }: ChangedMessage, message: Message, since: number): DurableEvent {
  const { chatId, rev } = row;
  return createdRev > since
    ? { type: 'new_message', chatId, rev, at: row.timestamp, message }
    : { type: 'message_updated', chatId, rev, at: row.editedAt ?? row.timestamp, message };
}

function deletion({ row, deletedAt }: ChangedMessage, deletedBy: number | null): DurableEvent {
  const { chatId, rev, id, seq } = row;
  return { type: 'message_deleted', chatId, rev, at: deletedAt ?? row.timestamp, messageId: id, seq, deletedBy };
}

/** Only coming and going leave their moment in the row; rights are told with the moment of the read. */
function participation({ participant, user }: Member, since: number, now: Date): DurableEvent {
  const { chatId, rev, userId, leftAt, joinedAt, joinedRev, changedBy: by } = participant;
  if (leftAt !== null) return { type: 'participant_removed', chatId, rev, at: leftAt, userId, by };
  const entry = toParticipant({ participant, user });
  return joinedRev > since
    ? { type: 'participant_added', chatId, rev, at: joinedAt, participant: entry, by }
    : { type: 'participant_updated', chatId, rev, at: now, participant: entry, by };
}

/** Who deleted the messages that were deleted after the snapshot; hardly ever any. */
async function readDeleters(
  { sql }: RepositoryContext,
  gone: readonly ChangedMessage[],
): Promise<ReadonlyMap<number, number>> {
  if (gone.length === 0) return new Map();
  const ids = listOf(
    sql.kind,
    gone.map(({ row }) => row.id),
  );
  const rows = await sql.read((session) =>
    session.query(`SELECT id, deleted_by FROM message_metadata WHERE id IN ${ids.text}`, ids.values),
  );
  return new Map(
    rows.flatMap((row) =>
      row['deleted_by'] === null ? [] : [[Number(row['id']), Number(row['deleted_by'])] as const],
    ),
  );
}
