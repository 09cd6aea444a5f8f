import type { BodyStore } from '../../../ports/body-store.js';
import type { ChangeLog } from '../../../ports/change-log.js';
import { UNSHARED } from '../../../ports/read-share.js';
import { repositoryContext, type RepositoryDeps } from '../ground/context.js';
import type { SqlDatabase } from '../database.js';
import { SharedStatement } from '../ground/gather.js';
import { readChatsOf, readRecentChatsOf, type ChatsOf } from './chats-of.js';
import { readRevs } from './head.js';
import { readMissed, readSince } from './delta.js';
import { readPage, readPages } from './page.js';

/** Reading on from a rev over either SQL dialect. `epoch` names the data set. */
export function createChangeLog(
  sql: SqlDatabase,
  bodies: BodyStore,
  deps: RepositoryDeps & { readonly epoch: string },
): ChangeLog {
  const { epoch, ...rest } = deps;
  const context = repositoryContext(sql, bodies, rest);
  const firstChats = new SharedStatement((wanted: readonly ChatsOf[]) => readChatsOf(sql, 0, wanted));
  return {
    epoch,
    since: (chatId, readerId, sinceRev, most) => readSince(context, chatId, readerId, sinceRev, most),
    page: (chatId, readerId, sinceRev, limit, share = UNSHARED) =>
      readPage(context, chatId, readerId, sinceRev, limit, share),
    pages: (readerId, chats, limit, share = UNSHARED) => readPages(context, readerId, chats, limit, share),
    missed: (chatId, afterRev, most) => readMissed(context, chatId, afterRev, most),
    revs: (chatIds) => readRevs(sql, chatIds),
    async chatsOf(userId, afterChatId, limit) {
      if (afterChatId === 0) return firstChats.get({ userId, limit });
      return (await readChatsOf(sql, afterChatId, [{ userId, limit }]))[0] ?? [];
    },
    recentChatsOf: (userId, limit) => readRecentChatsOf(sql, userId, limit),
  };
}
