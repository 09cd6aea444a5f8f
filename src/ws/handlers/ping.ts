import type { PongFrame } from '../../protocol/events.js';
import type { CommandContext } from '../command-context.js';

/** Answers with the rev up to which this node has delivered the chat: a client behind it has missed something. */
export function handlePing(_command: unknown, { clock, hub, chatId }: CommandContext): PongFrame {
  return { type: 'pong', timestamp: new Date(clock.now()).toISOString(), rev: hub.revOf(chatId) };
}
