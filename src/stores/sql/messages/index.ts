import type { BodyStore } from '../../../ports/body-store.js';
import type { MessageLog } from '../../../ports/message-log.js';
import { repositoryContext, type RepositoryDeps } from '../chats/context.js';
import type { SqlDatabase } from '../database.js';
import { appendBatch } from './append.js';
import { editMessage } from './edit.js';
import { findMessage } from './find.js';
import { createMint } from './minting.js';
import { pageOf } from './page.js';
import { removeMessage } from './remove.js';
import { windowOf } from './window.js';

/** The message log over either SQL dialect, with bodies in `bodies`. */
export function createMessageLog(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): MessageLog {
  const context = repositoryContext(sql, bodies, deps);
  const mint = createMint(deps.clock);
  return {
    append: (drafts) => appendBatch(context, mint, drafts),
    edit: (edit) => editMessage(context, mint, edit),
    remove: (messageId, actorId) => removeMessage(context, messageId, actorId),
    find: (messageId, readerId) => findMessage(context, messageId, readerId),
    page: (chatId, readerId, page) => pageOf(context, chatId, readerId, page),
    window: (chatId, readerId, window) => windowOf(context, chatId, readerId, window),
  };
}
