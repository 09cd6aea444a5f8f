import { AppError } from '../../../domain/errors.js';
import type { BodyStore } from '../../../ports/body-store.js';
import type { MessageLog } from '../../../ports/message-log.js';
import { UNSHARED } from '../../../ports/read-share.js';
import type { Message } from '../../../domain/message.js';
import { repositoryContext, type RepositoryDeps, type RepositoryContext } from '../ground/context.js';
import type { SqlDatabase } from '../database.js';
import { withContents } from '../ground/contents.js';
import { messageColumns, readMessageRows } from '../ground/message-rows.js';
import { appendBatch } from './append/index.js';
import { createAppendState } from './append/state.js';
import { commitEdit } from './edit.js';
import { pageOf } from './history/page.js';
import { commitRemoval } from './remove.js';
import { windowOf } from './history/window.js';

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
    edit: (edit) => commitEdit(context, state.mint, edit),
    remove: (messageId, actorId) => commitRemoval(context, messageId, actorId),
    find: (messageId, readerId) => findMessage(context, messageId, readerId),
    page: (chatId, readerId, page, share = UNSHARED) => pageOf(context, chatId, readerId, page, share),
    window: (chatId, readerId, window, share = UNSHARED) => windowOf(context, chatId, readerId, window, share),
  };
}

const FIND = `FROM message_metadata m
  JOIN chats c ON c.id = m.chat_id AND c.is_active = TRUE
  JOIN chat_participants p ON p.chat_id = m.chat_id AND p.user_id = ? AND p.left_at IS NULL
  JOIN users u ON u.id = m.sender_id
  WHERE m.id = ? AND m.is_deleted = FALSE`;

/** One statement holds message, membership and chat; what does not match all of them does not exist for the reader. */
export async function findMessage(context: RepositoryContext, messageId: number, readerId: number): Promise<Message> {
  const rows = await context.sql.read((session) =>
    session.query(`SELECT ${messageColumns(context.sql.words)} ${FIND}`, [readerId, messageId]),
  );
  const [message] = await withContents(context, readMessageRows(rows));
  if (message === undefined) throw new AppError('message_not_found');
  return message;
}
