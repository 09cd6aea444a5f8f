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
      readonly deletedBy: number;
    })
  | (Durable & {
      readonly type: 'participant_added' | 'participant_updated';
      readonly participant: Participant;
      readonly by: number;
    })
  | (Durable & { readonly type: 'participant_removed'; readonly userId: number; readonly by: number })
  | (Durable & { readonly type: 'chat_updated'; readonly name: string | null; readonly updatedAt: Date });

/** Something that is true for a moment and never stored; may be dropped under load. */
export interface EphemeralEvent {
  readonly type: 'typing_started' | 'typing_stopped' | 'user_joined' | 'user_left';
  readonly chatId: number;
  readonly userId: number;
  readonly username: string;
  readonly at: Date;
}

export type ChatEvent = DurableEvent | EphemeralEvent;

export function isDurable(event: ChatEvent): event is DurableEvent {
  return 'rev' in event;
}
