import { AppError } from '../../domain/errors.js';
import type { Identity, User } from '../../domain/user.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { Presence } from '../../ports/presence.js';
import type { UserStore } from '../../ports/user-store.js';

/** Users with a live socket on the chat; only its participants may ask. */
export async function onlineUsers(
  deps: { readonly chats: ChatStore; readonly users: UserStore; readonly presence: Presence },
  actor: Identity,
  chatId: number,
): Promise<readonly User[]> {
  if ((await deps.chats.membership(chatId, actor.userId)) === null) throw new AppError('chat_not_found');
  return deps.users.findByIds(await deps.presence.onlineIn(chatId));
}
