import type { PongFrame } from '../../protocol/events.js';
import type { CommandContext } from '../command-context.js';

/**
 * Answers with the socket's own rev: a client behind it has missed something. Not with the chat's on this node, which
 * lags behind what a joining socket has read while an event is under way; that event is then never sent to it.
 */
export function handlePing(_command: unknown, { clock, rev }: CommandContext): PongFrame {
  return { type: 'pong', timestamp: new Date(clock.now()).toISOString(), rev: rev() };
}
