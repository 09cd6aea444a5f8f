import type { ChatView } from '../../domain/chat.js';
import { isDurable, type ChatEvent, type UserEvent } from '../../domain/events.js';

/** What changes of participants mean to the lists of those users, each with the rev that the chat has after them. */
export function userEventsOf(events: readonly ChatEvent[]): readonly UserEvent[] {
  // Nearly every batch is messages alone.
  if (!events.some(({ type }) => type === 'participant_added' || type === 'participant_removed')) return [];
  const durable = events.filter(isDurable);
  const revs = new Map<number, number>();
  for (const { chatId, rev } of durable) revs.set(chatId, Math.max(rev, revs.get(chatId) ?? 0));
  return durable.flatMap((event): UserEvent[] => {
    const { chatId, at } = event;
    const rev = revs.get(chatId) ?? event.rev;
    if (event.type === 'participant_added') {
      return [{ type: 'chat_added', userId: event.participant.userId, chatId, rev, at }];
    }
    return event.type === 'participant_removed'
      ? [{ type: 'chat_removed', userId: event.userId, chatId, rev, at }]
      : [];
  });
}

/** A chat that came up in the lists of these users without an event of its own. */
export function chatAdded({ chat }: ChatView, userIds: readonly number[], at: Date): readonly UserEvent[] {
  return userIds.map((userId) => ({ type: 'chat_added', userId, chatId: chat.id, rev: chat.rev, at }));
}
