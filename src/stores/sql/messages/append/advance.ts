import { readBySending } from '../../../../domain/chat-rules.js';
import type { Statement } from '../../database.js';
import type { AdvancedChat, SenderMark, Words } from '../../words.js';
import type { SendingChat, Placed } from './statements.js';

/**
 * Moves the counters of every chat that got messages, and the senders' own watermarks, because sending is reading. All
 * are absolute values, right under the lock whatever the order in which rows are joined.
 */
export function advance(
  words: Words,
  heads: ReadonlyMap<number, SendingChat>,
  stored: readonly Placed[],
  now: Date,
): readonly Statement[] {
  const chats = new Map<number, AdvancedChat>();
  const senders = new Map<string, SenderMark>();
  for (const { send, seq, rev } of stored) {
    const { chatId, senderId } = send.draft;
    const before = chats.get(chatId)?.visibleCount ?? heads.get(chatId)?.visibleCount ?? 0;
    chats.set(chatId, { id: chatId, seq, rev, visibleCount: before + 1 });
    senders.set(`${chatId}:${senderId}`, [chatId, senderId, readBySending(seq)]);
  }
  return words.advance([...chats.values()], [...senders.values()], now);
}
