import type { Message } from '../../domain/message.js';
import type { Identity } from '../../domain/user.js';
import type { MessageLog } from '../../ports/message-log.js';
import type { Publish } from '../realtime/publisher.js';
import type { Services } from '../services.js';

/** Content equal to the present one changes nothing: no version, no event. */
export async function editMessage(
  deps: { readonly log: MessageLog; readonly publish: Publish },
  actor: Identity,
  input: Parameters<Services['messages']['edit']>[1],
): Promise<Message> {
  const { result, events } = await deps.log.edit({
    messageId: input.messageId,
    actorId: actor.userId,
    content: input.content,
    ...(input.expectedVersion === undefined ? {} : { expectedVersion: input.expectedVersion }),
  });
  deps.publish(events);
  return result;
}
