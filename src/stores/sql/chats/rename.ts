import { eq } from 'drizzle-orm';
import type { ChatView } from '../../../domain/chat.js';
import { mayRename } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, unchanged } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { isSameMoment } from '../ground/proof.js';
import { membershipOf, toChat, toView, type ChatRow } from '../ground/chat-rows.js';

/** Moves `updated_at` too: a rename is activity. The name it already has changes nothing. */
export async function renameChat(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  name: string,
): Promise<Change<ChatView>> {
  const { chats } = context.sql.tables;
  return changeChat(context, chatId, async ({ tx, chat, members, now }) => {
    enforce(mayRename(chat === null ? null : toChat(chat), membershipOf(members, actorId)));
    if (chat === null) throw new TypeError('a chat that may be renamed exists');
    if (chat.name === name) return unchanged(toView(chat, members));
    const rev = chat.rev + 1;
    const change = { name, updatedAt: now, rev, changedRev: rev };
    await tx.db.update(chats).set(change).where(eq(chats.id, chatId));
    const renamed: ChatRow = { ...chat, ...change };
    return {
      result: toView(renamed, members),
      events: [{ type: 'chat_updated', chatId, rev, at: now, name, updatedAt: now }],
      proof: {
        traces: [{ rev, revIn: (found) => found.chat.changedRev, isOurs: (found) => isRenamed(found.chat, renamed) }],
        achieved: (found) =>
          found.chat.name === name && membershipOf(found.members, actorId) !== null
            ? { result: toView(found.chat, found.members) }
            : null,
      },
    };
  });
}

/** Messages move `updated_at` on, but take a rev for it. */
function isRenamed(chat: ChatRow, renamed: ChatRow): boolean {
  if (chat.name !== renamed.name) return false;
  return chat.rev === renamed.rev
    ? isSameMoment(chat.updatedAt, renamed.updatedAt)
    : chat.updatedAt.getTime() >= renamed.updatedAt.getTime();
}
