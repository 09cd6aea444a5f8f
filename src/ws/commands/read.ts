import type { ReadAckFrame } from '../../protocol/events.js';
import type { CommandContext } from './context.js';

/** Moves the reader's own mark forward, never back; the acknowledgement says where it stands then. */
export async function handleRead(
  command: { readonly chat_id?: number | undefined; readonly seq: number },
  { actor, scope, services }: CommandContext,
): Promise<ReadAckFrame> {
  const chat_id = scope.chatIdOf(command.chat_id);
  const { lastReadSeq, unreadCount } = await services.chats.markRead(actor, chat_id, command.seq);
  return { type: 'ack', chat_id, last_read_seq: lastReadSeq, unread_count: unreadCount };
}
