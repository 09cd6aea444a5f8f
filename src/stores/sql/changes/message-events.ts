import type { DurableEvent } from '../../../domain/events.js';
import type { Message } from '../../../domain/message.js';
import type { RepositoryContext } from '../ground/context.js';
import { withContents } from '../ground/contents.js';
import type { ChangedMessage } from './message-rows.js';

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
  const readable =
    known ??
    byId(
      await withContents(
        context,
        messages.map(({ row }) => row),
      ),
    );
  const present = messages.filter(({ row }) => !row.isDeleted);
  const gone = present.filter(({ row }) => !readable.has(row.id));
  const deleters = await readDeleters(context, gone);
  return messages.map((message) => {
    const content = readable.get(message.row.id);
    return content === undefined || message.row.isDeleted
      ? deletion(message, deleters.get(message.row.id) ?? message.deletedBy)
      : presence(message, content, since);
  });
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

/** Who deleted the messages that were deleted after the snapshot; hardly ever any. */
async function readDeleters(
  { sql }: RepositoryContext,
  gone: readonly ChangedMessage[],
): Promise<ReadonlyMap<number, number>> {
  if (gone.length === 0) return new Map();
  const ids = sql.words.listOf(gone.map(({ row }) => row.id));
  const rows = await sql.read((session) =>
    session.query(`SELECT id, deleted_by FROM message_metadata WHERE id IN ${ids.text}`, ids.values),
  );
  return new Map(
    rows.flatMap((row) =>
      row['deleted_by'] === null ? [] : [[Number(row['id']), Number(row['deleted_by'])] as const],
    ),
  );
}
