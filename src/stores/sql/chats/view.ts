import type { ChatView } from '../../../domain/chat.js';
import { mayRead } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { RepositoryContext } from './context.js';
import { chatWithMembers } from './members.js';
import { membershipOf, toChat, toView } from './rows.js';

/** One statement: chat and participants are of one moment without a snapshot. */
export async function viewChat({ sql }: RepositoryContext, chatId: number, userId: number): Promise<ChatView> {
  const found = await sql.read((session) => chatWithMembers(session, sql.tables, chatId));
  enforce(mayRead(found === null ? null : toChat(found.chat), membershipOf(found?.members ?? [], userId)));
  // The policy refuses where nothing was found.
  if (found === null) throw new TypeError('a chat that may be read exists');
  return toView(found.chat, found.members);
}
