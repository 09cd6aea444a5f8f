import type { CommandContext } from '../command-context.js';

/**
 * No reply: the others see it or they do not. Nor a look at the store: a live socket is a member's until the event of
 * the removal closes it.
 */
export function handleTyping(command: { readonly content: string }, context: CommandContext): null {
  const { actor, chatId, typing, owner } = context;
  if (command.content === 'start') typing.start(actor, chatId, owner);
  else typing.stop(actor.userId, chatId);
  return null;
}
