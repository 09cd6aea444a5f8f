import type { DurableEvent } from '../../../domain/events.js';
import type { RepositoryContext } from '../ground/context.js';
import { asBytes } from '../ground/message-rows.js';
import { sizesOf } from '../ground/slices.js';
import type { ChatHead } from './head.js';
import { pick, type FoundObjects, type RevisedKind } from './kind.js';
import { messageEvents } from './message-events.js';
import { readOutlined, readWhole, type OutlinedMessage } from './message-outlines.js';
import { readCount, readMessages, type ChangedMessage } from './message-rows.js';

/** Each change of a message takes a rev of its own; the chat's row says no more of them than its rev. */
export const messages: RevisedKind<ChatHead> = {
  lastRev: ({ rev }) => rev,
  together: 1,

  async highestRev(session, _sql, chatId) {
    const [row] = await session.query('SELECT MAX(rev) AS rev FROM message_metadata WHERE chat_id = ?', [chatId]);
    return Number(row?.['rev'] ?? 0);
  },

  count: (session, { words }, { chatId }, since, limit) => readCount(session, words, chatId, since, limit),

  async find(session, { words }, { chatId }, { since, after = since, limit, form }) {
    return form === 'outline'
      ? foundOutlines(await readOutlined(session, words, chatId, after, limit), since)
      : foundWhole(await readMessages(session, words, chatId, after, limit), since);
  },
};

function foundWhole(changed: readonly ChangedMessage[], since: number): FoundObjects {
  const rows = changed.map(({ row }) => row);
  return {
    objects: changed.map(({ row: { seq, rev, isDeleted }, createdRev }) => ({
      type: typeOf(isDeleted, createdRev > since),
      rev,
      seq,
    })),
    sizes: (context) => sizesOf(context, rows),
    rowAt: (place) => rows[place] ?? null,
    tell: (context, places, contents) => messageEvents(context, pick(changed, places), since, contents),
  };
}

function foundOutlines(outlines: readonly OutlinedMessage[], since: number): FoundObjects {
  return {
    objects: outlines.map(({ seq, rev, isDeleted, createdRev }) => ({
      type: typeOf(isDeleted, createdRev > since),
      rev,
      seq,
    })),
    sizes: (context) => sizesOfOutlines(context, outlines),
    rowAt: () => null,
    tell: async (context, places, contents) =>
      messageEvents(context, await readWhole(context, pick(outlines, places)), since, contents),
  };
}

/** Only the store of bodies knows how long those are that nobody has measured yet. */
async function sizesOfOutlines(
  context: RepositoryContext,
  outlines: readonly OutlinedMessage[],
): Promise<readonly number[]> {
  if (outlines.every(({ isDeleted, bodyBytes }) => isDeleted || bodyBytes !== null)) {
    return outlines.map(({ isDeleted, bodyBytes }) => (isDeleted ? 0 : (bodyBytes ?? 0)));
  }
  return sizesOf(
    context,
    outlines.map(({ isDeleted, bodyBytes, bodyId }) => ({ isDeleted, bodyBytes, bodyId: asBytes(bodyId) })),
  );
}

function typeOf(isDeleted: boolean, isNew: boolean): DurableEvent['type'] {
  if (isDeleted) return 'message_deleted';
  return isNew ? 'new_message' : 'message_updated';
}
