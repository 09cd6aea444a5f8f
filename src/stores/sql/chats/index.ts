import type { BodyStore } from '../../../ports/body-store.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import { UNSHARED } from '../../../ports/read-share.js';
import type { SqlDatabase } from '../database.js';
import { Gather } from '../gather.js';
import { addParticipants } from './add-participants.js';
import { repositoryContext, type RepositoryDeps } from './context.js';
import { createGroup } from './create-group.js';
import { listChats } from './list.js';
import { markRead } from './mark-read.js';
import { readMemberships } from './membership.js';
import { openDirect } from './open-direct.js';
import { removeParticipant } from './remove-participant.js';
import { renameChat } from './rename.js';
import { setAdmin } from './set-admin.js';
import { viewChat } from './view.js';

/** Chats and participants over either SQL dialect; `bodies` is read for the previews of a list. */
export function createChatStore(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): ChatStore {
  const context = repositoryContext(sql, bodies, deps);
  const memberships = new Gather((wanted: Parameters<typeof readMemberships>[1]) => readMemberships(sql, wanted));
  return {
    createGroup: (draft) => createGroup(context, draft),
    openDirect: (userId, otherId) => openDirect(context, userId, otherId),
    view: (chatId, userId) => viewChat(context, chatId, userId),
    list: (userId, page, share = UNSHARED) => listChats(context, userId, page, share),
    membership: (chatId, userId) => memberships.get({ chatId, userId }),
    rename: (chatId, actorId, name) => renameChat(context, chatId, actorId, name),
    addParticipants: (chatId, actorId, userIds) => addParticipants(context, chatId, actorId, userIds),
    removeParticipant: (chatId, actorId, userId, mode) => removeParticipant(context, chatId, actorId, userId, mode),
    setAdmin: (chatId, actorId, userId, isAdmin) => setAdmin(context, chatId, actorId, userId, isAdmin),
    markRead: (chatId, userId, seq) => markRead(context, chatId, userId, seq),
  };
}
