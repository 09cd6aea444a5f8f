import type { Participant } from './chat.js';
import type { Message } from './message.js';

interface Durable {
  readonly chatId: number;
  /** The chat's rev that this change took; dense per chat. */
  readonly rev: number;
  readonly at: Date;
}

/** A durable change of a chat, published after its commit and only then. */
export type DurableEvent =
  | (Durable & { readonly type: 'new_message'; readonly message: Message })
  | (Durable & { readonly type: 'message_updated'; readonly message: Message })
  | (Durable & {
      readonly type: 'message_deleted';
      readonly messageId: number;
      readonly seq: number;
      /** null: not recorded, only for deletions from before it was. */
      readonly deletedBy: number | null;
    })
  | (Durable & {
      readonly type: 'participant_added' | 'participant_updated';
      readonly participant: Participant;
      /** null: not recorded, only for changes from before it was. */
      readonly by: number | null;
    })
  | (Durable & { readonly type: 'participant_removed'; readonly userId: number; readonly by: number | null })
  | (Durable & { readonly type: 'chat_updated'; readonly name: string | null; readonly updatedAt: Date });

type ParticipantChange = Extract<DurableEvent, { readonly participant: Participant }>;

/** Somebody's place in a chat was changed: their rights. */
export function participantUpdated(change: Omit<ParticipantChange, 'type'>): DurableEvent {
  return { type: 'participant_updated', ...change };
}

/** Something that is true for a moment and never stored; may be dropped under load. */
export interface EphemeralEvent {
  readonly type: 'typing_started' | 'typing_stopped' | 'user_joined' | 'user_left';
  readonly chatId: number;
  readonly userId: number;
  readonly username: string;
  readonly at: Date;
}

/** How far a participant has read: state, not a change of the chat, so it takes no rev; a later one replaces it. */
export interface ReadEvent {
  readonly type: 'read';
  readonly chatId: number;
  readonly userId: number;
  readonly lastReadSeq: number;
  /** True: for that user's own sockets only, because the chat has too many readers to tell all of all. */
  readonly ownOnly: boolean;
  readonly at: Date;
}

export type ChatEvent = DurableEvent | EphemeralEvent | ReadEvent;

/** Something that concerns one user whatever chats they watch: a chat came up in their list, or went from it. */
export interface UserEvent {
  readonly type: 'chat_added' | 'chat_removed';
  readonly userId: number;
  readonly chatId: number;
  /** The chat's rev after the change. */
  readonly rev: number;
  readonly at: Date;
}

export function isDurable(event: ChatEvent): event is DurableEvent {
  return 'rev' in event;
}
