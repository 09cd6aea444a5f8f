import { AppError } from '../../../domain/errors.js';
import type { BodyStore } from '../../../ports/body-store.js';
import type { MessageLog } from '../../../ports/message-log.js';
import { UNSHARED } from '../../../ports/read-share.js';
import { repositoryContext, type RepositoryDeps } from '../chats/context.js';
import type { SqlDatabase } from '../database.js';
import { appendBatch } from './append.js';
import { createAppendState } from './append-state.js';
import { editMessage } from './edit.js';
import { findMessage } from './find.js';
import { pageOf } from './page.js';
import { removeMessage } from './remove.js';
import { windowOf } from './window.js';

/** The message log over either SQL dialect, with bodies in `bodies`. */
export function createMessageLog(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): MessageLog {
  const context = repositoryContext(sql, bodies, deps);
  const state = createAppendState(deps.clock);
  return {
    async append(drafts) {
      const outcomes = await appendBatch(context, state, drafts, true);
      return outcomes.map((outcome) =>
        outcome === 'busy' ? { ok: false, error: new AppError('unavailable') } : outcome,
      );
    },
    appendUnlessBusy: (drafts) => appendBatch(context, state, drafts, false),
    edit: (edit) => editMessage(context, state.mint, edit),
    remove: (messageId, actorId) => removeMessage(context, messageId, actorId),
    find: (messageId, readerId) => findMessage(context, messageId, readerId),
    page: (chatId, readerId, page, share = UNSHARED) => pageOf(context, chatId, readerId, page, share),
    window: (chatId, readerId, window, share = UNSHARED) => windowOf(context, chatId, readerId, window, share),
  };
}
