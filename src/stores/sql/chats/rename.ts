import type { ChatView } from '../../../domain/chat.js';
import { mayAct } from '../../../domain/policies/rights.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, unchanged, type ChatNeed } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { isSameMoment } from '../ground/proof.js';
import { membershipOf, toView, type ChatRow } from '../ground/chat-rows.js';

/** Moves `updated_at` too: a rename is activity. The name it already has changes nothing. */
export async function renameChat(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  name: string,
): Promise<Change<ChatView>> {
  const need: ChatNeed = { actorId, may: ({ chat, actor }) => mayAct('rename', chat, actor), members: 'all' };
  return changeChat(context, chatId, need, ({ chat, members, now, take }) => {
    if (chat.name === name) return Promise.resolve(unchanged(toView(chat, members)));
    const rev = take();
    const row = { name, updatedAt: now };
    const renamed: ChatRow = { ...chat, ...row, rev, changedRev: rev };
    return Promise.resolve({
      result: toView(renamed, members),
      events: [{ type: 'chat_updated', chatId, rev, at: now, name, updatedAt: now }],
      row,
      proof: {
        traces: [{ rev, revIn: (found) => found.chat.changedRev, isOurs: (found) => isRenamed(found.chat, renamed) }],
        achieved: (found) =>
          found.chat.name === name && membershipOf(found.members, actorId) !== null
            ? { result: toView(found.chat, found.members) }
            : null,
      },
    });
  });
}

/** Messages move `updated_at` on, but take a rev for it. */
function isRenamed(chat: ChatRow, renamed: ChatRow): boolean {
  if (chat.name !== renamed.name) return false;
  return chat.rev === renamed.rev
    ? isSameMoment(chat.updatedAt, renamed.updatedAt)
    : chat.updatedAt.getTime() >= renamed.updatedAt.getTime();
}
