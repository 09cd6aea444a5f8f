import type { BodyStore } from '../../../ports/body-store.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import { UNSHARED } from '../../../ports/read-share.js';
import type { ChatView } from '../../../domain/chat.js';
import { enforce } from '../../../domain/policies/decision.js';
import { mayAct } from '../../../domain/policies/rights.js';
import type { SqlDatabase } from '../database.js';
import { SharedStatement } from '../ground/gather.js';
import { repositoryContext, type RepositoryDeps, type RepositoryContext } from '../ground/context.js';
import { chatWithMembers } from '../ground/members.js';
import { membershipOf, toChat, toView } from '../ground/chat-rows.js';
import { addParticipants } from './add-participants.js';
import { createGroup } from './create-group.js';
import { listChats } from './list.js';
import { advanceReadMark } from './mark-read.js';
import { readMemberships } from './membership.js';
import { openDirect } from './open-direct.js';
import { removeParticipant } from './remove-participant.js';
import { renameChat } from './rename.js';
import { setAdmin } from './set-admin.js';

/** Chats and participants over either SQL dialect; `bodies` is read for the previews of a list. */
export function createChatStore(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): ChatStore {
  const context = repositoryContext(sql, bodies, deps);
  const memberships = new SharedStatement((wanted: Parameters<typeof readMemberships>[1]) =>
    readMemberships(sql, wanted),
  );
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
    markRead: (chatId, userId, seq) => advanceReadMark(context, chatId, userId, seq),
  };
}

/** One statement: chat and participants are of one moment without a snapshot. */
export async function viewChat({ sql }: RepositoryContext, chatId: number, userId: number): Promise<ChatView> {
  const found = await sql.read((session) => chatWithMembers(session, sql.tables, chatId));
  enforce(mayAct('read', found === null ? null : toChat(found.chat), membershipOf(found?.members ?? [], userId)));
  // The policy refuses where nothing was found.
  if (found === null) throw new TypeError('a chat that may be read exists');
  return toView(found.chat, found.members);
}
