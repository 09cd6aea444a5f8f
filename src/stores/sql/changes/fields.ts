import { eq, max } from 'drizzle-orm';
import type { ChatHead } from './head.js';
import { withoutContents, type RevisedKind } from './kind.js';

/** The chat's own fields. The end of a chat moves them too, but who could be told has left. */
export const fields: RevisedKind<ChatHead> = {
  lastRev: ({ isActive, changedRev }) => (isActive ? changedRev : 0),
  together: 1,

  async highestRev(session, { tables: { chats } }, chatId) {
    const [row] = await session.db
      .select({ rev: max(chats.changedRev) })
      .from(chats)
      .where(eq(chats.id, chatId));
    return row?.rev ?? 0;
  },

  find(_session, _sql, { chatId, changedRev: rev, name, updatedAt }) {
    const type = 'chat_updated';
    const tell = () => ({ type, chatId, rev, at: updatedAt, name, updatedAt }) as const;
    return Promise.resolve(withoutContents([{ type, rev, seq: 0 }], tell));
  },
};
