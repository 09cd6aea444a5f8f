import type { BodyStore } from '../../../ports/body-store.js';
import type { ChangeLog } from '../../../ports/change-log.js';
import { repositoryContext, type RepositoryDeps } from '../chats/context.js';
import type { SqlDatabase } from '../database.js';
import { readChatsOf, readRevs } from './cursors.js';
import { readMissed, readSince } from './delta.js';
import { readPage } from './page.js';

/** Reading on from a rev over either SQL dialect. `epoch` names the data set. */
export function createChangeLog(
  sql: SqlDatabase,
  bodies: BodyStore,
  deps: RepositoryDeps & { readonly epoch: string },
): ChangeLog {
  const { epoch, ...rest } = deps;
  const context = repositoryContext(sql, bodies, rest);
  return {
    epoch,
    since: (chatId, readerId, sinceRev, maxItems) => readSince(context, chatId, readerId, sinceRev, maxItems),
    page: (chatId, readerId, sinceRev, limit) => readPage(context, chatId, readerId, sinceRev, limit),
    missed: (chatId, afterRev, maxItems) => readMissed(context, chatId, afterRev, maxItems),
    revs: (chatIds) => readRevs(sql, chatIds),
    chatsOf: (userId, afterChatId, limit) => readChatsOf(sql, userId, afterChatId, limit),
  };
}
