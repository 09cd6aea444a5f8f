import type { DurableEvent } from '../domain/events.js';
import type { ChangesOfChatsResource, ChangesResource } from '../protocol/changes.js';
import type { ReadMarkResource, ResyncReasonName } from '../protocol/resources.js';
import { presentDurable } from './events.js';

interface Page {
  readonly rev: number;
  readonly hasMore: boolean;
  readonly events: readonly DurableEvent[];
  readonly state: {
    readonly lastSeq: number;
    readonly unreadCount: number;
    readonly reads: readonly Mark[];
  };
}

interface Mark {
  readonly userId: number;
  readonly lastReadSeq: number;
}

type Answer =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'resync'; readonly reason: ResyncReasonName; readonly rev: number };

/** One page of what changed in a chat, as `viewerId` may see it. */
export function presentChanges(chatId: number, epoch: string, page: Page, viewerId: number): ChangesResource {
  const { rev, hasMore, events, state } = page;
  return {
    chat_id: chatId,
    epoch,
    rev,
    has_more: hasMore,
    changes: events.map((event) => presentDurable(event, viewerId)),
    last_seq: state.lastSeq,
    unread_count: state.unreadCount,
    reads: presentReads(state.reads),
  };
}

/** Many chats at once, each as it would be answered alone, or with the reason why it cannot be continued. */
export function presentVector(
  answer: {
    readonly epoch: string;
    readonly chats: ReadonlyMap<number, Answer>;
    readonly gone: readonly number[];
    readonly newChats: readonly { readonly chatId: number; readonly rev: number }[];
    readonly hasMoreChats: boolean;
  },
  viewerId: number,
): ChangesOfChatsResource {
  const { epoch, gone, newChats, hasMoreChats } = answer;
  const chats = Array.from(answer.chats, ([chatId, chat]): [number, ChangesOfChatsResource['chats'][string]] => {
    if (chat.kind === 'page') return [chatId, presentChanges(chatId, epoch, chat.page, viewerId)];
    return [chatId, { resync_required: { reason: chat.reason, rev: chat.rev } }];
  });
  return {
    epoch,
    chats: Object.fromEntries(chats),
    gone: [...gone],
    new_chats: newChats.map(({ chatId, rev }) => ({ chat_id: chatId, rev })),
    has_more_chats: hasMoreChats,
  };
}

export function presentReads(reads: readonly Mark[]): ReadMarkResource[] {
  return reads.map(({ userId, lastReadSeq }) => ({ user_id: userId, last_read_seq: lastReadSeq }));
}
