import type { AckFrame } from '../../protocol/events.js';
import type { CommandContext } from './context.js';

/** Stores one message; the acknowledgement is given after the commit and means that the message is never lost. */
export async function handleMessage(
  command: {
    readonly chat_id?: number | undefined;
    readonly content: string;
    readonly client_message_id?: string | undefined;
  },
  context: CommandContext,
): Promise<AckFrame> {
  const { actor, scope, services, limiter, hub, typing } = context;
  const chatId = scope.chatIdOf(command.chat_id);
  const charged = limiter.takeBytes(actor.userId, 'send', Buffer.byteLength(command.content));
  if (charged !== undefined) await charged;
  typing.stop(actor.userId, chatId);
  const clientMessageId = command.client_message_id ?? null;
  const { message, duplicate } = await services.messages.send(actor, {
    chatId,
    content: command.content,
    messageType: 'text',
    clientMessageId,
  });
  hub.expect(chatId, message.rev);
  return {
    type: 'ack',
    client_message_id: clientMessageId,
    message_id: message.id,
    seq: message.seq,
    rev: message.rev,
    duplicate,
  };
}
