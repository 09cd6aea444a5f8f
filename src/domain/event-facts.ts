import type { DurableEvent } from './events.js';

type EventType = DurableEvent['type'];
type EventOf<T extends EventType> = DurableEvent & { readonly type: T };

/** What is known of a durable event by its type. */
export interface EventFacts<Event = DurableEvent> {
  /** The kind of object that it tells of. */
  readonly object: 'message' | 'participant' | 'chat';
  /**
   * When a replay tells it. 0: removals, so that nobody is told anything after what ends their membership. 1: what is new, in
   * the order of the history. 2: changes of what is there by then, in the order of rev.
   */
  readonly phase: 0 | 1 | 2;
  /** Which object of its kind, within the chat. */
  readonly id: (event: Event) => number;
  /** The object's place in the chat's history; 0 where it has none. */
  readonly seq: (event: Event) => number;
}

const nowhere = (): number => 0;

/** The facts of each type, once. A new type of event is a line here. */
export const EVENT_FACTS: { readonly [T in EventType]: EventFacts<EventOf<T>> } = {
  new_message: { object: 'message', phase: 1, id: ({ message }) => message.id, seq: ({ message }) => message.seq },
  message_updated: { object: 'message', phase: 2, id: ({ message }) => message.id, seq: ({ message }) => message.seq },
  message_deleted: { object: 'message', phase: 2, id: ({ messageId }) => messageId, seq: ({ seq }) => seq },
  participant_added: { object: 'participant', phase: 2, id: ({ participant }) => participant.userId, seq: nowhere },
  participant_updated: { object: 'participant', phase: 2, id: ({ participant }) => participant.userId, seq: nowhere },
  participant_removed: { object: 'participant', phase: 0, id: ({ userId }) => userId, seq: nowhere },
  chat_updated: { object: 'chat', phase: 2, id: nowhere, seq: nowhere },
};

/** Of this event's type; `id` and `seq` take this very event. */
export function factsOf(event: DurableEvent): EventFacts {
  return EVENT_FACTS[event.type] as EventFacts;
}

/** The highest position in the chat's history that an event speaks of; 0 where it is about no message. */
export function seqOf(event: DurableEvent): number {
  return factsOf(event).seq(event);
}

/** The same for two events of one object. */
export function objectKeyOf(event: DurableEvent): string {
  const { object, id } = factsOf(event);
  return `${object} ${id(event)}`;
}

/** An object's place in a replay, which goes by phase and then by this. */
export function placeInPhase(type: EventType, { seq, rev }: { readonly seq: number; readonly rev: number }): number {
  return EVENT_FACTS[type].phase === 1 ? seq : rev;
}
