import type { CommandContext } from './context.js';

/**
 * No reply: the others see it or they do not. Nor a look at the store: a live socket is a member's until the event of
 * the removal closes it.
 */
export function handleTyping(
  command: { readonly chat_id?: number | undefined; readonly content: string },
  { actor, scope, typing, owner }: CommandContext,
): null {
  const { chatId } = scope.feedOf(scope.chatIdOf(command.chat_id));
  if (command.content === 'start') typing.start(actor, chatId, owner);
  else typing.stop(actor.userId, chatId);
  return null;
}
