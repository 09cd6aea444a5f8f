import type { Identity } from '../../domain/user.js';
import type { SentMessage, Services } from '../services.js';
import type { MessageWriter } from './writer/index.js';

/**
 * One message, whichever way it came: the page to read first.
 *
 *   check        Its shape was validated at the edge. Whether the sender may send is decided where it cannot change any
 *                more: under the chat's lock, in the transaction that stores the message (MessageLog.append).
 *   store        The writer puts it into a batch: bodies journaled first, then one SQL transaction for all.
 *   acknowledge  By returning: REST answers 201, a socket gets its `ack`. Nothing is said before the commit.
 *   publish      The writer hands the batch's events to the broker; every member's sockets learn of it from there.
 */
export async function sendMessage(
  writer: MessageWriter,
  actor: Identity,
  input: Parameters<Services['messages']['send']>[1],
): Promise<SentMessage> {
  const outcome = await writer.write({
    chatId: input.chatId,
    senderId: actor.userId,
    senderUsername: actor.username,
    content: input.content,
    messageType: input.messageType,
    clientMessageId: input.clientMessageId,
  });
  if (!outcome.ok) throw outcome.error;
  return { message: outcome.message, duplicate: outcome.duplicate };
}
