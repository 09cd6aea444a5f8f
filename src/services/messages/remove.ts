import type { Identity } from '../../domain/user.js';
import type { MessageLog } from '../../ports/message-log.js';
import type { Publish } from '../realtime/publisher.js';

/** Gone for every reader when this resolves; `wakeEraser` lets the worker remove the bodies without waiting its turn. */
export async function removeMessage(
  deps: { readonly log: MessageLog; readonly publish: Publish; readonly wakeEraser: () => void },
  actor: Identity,
  messageId: number,
): Promise<void> {
  const { events } = await deps.log.remove(messageId, actor.userId);
  deps.publish(events);
  deps.wakeEraser();
}
