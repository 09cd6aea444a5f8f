import type { PongFrame } from '../../protocol/events.js';
import { presentPong } from '../../presenters/frames.js';
import type { CommandContext } from './context.js';

/**
 * Answers with the socket's own rev of the chat: a client behind it has missed something. Not with the chat's on this
 * node, which lags behind what a joining socket has read while an event is under way; that event is then never sent to it.
 */
export function handlePing(
  command: { readonly chat_id?: number | undefined },
  { clock, scope }: CommandContext,
): PongFrame {
  const { chat_id } = command;
  const rev = chat_id === undefined ? scope.ownRev() : scope.feedOf(scope.chatIdOf(chat_id)).rev;
  return presentPong(rev, new Date(clock.now()));
}
