import type { ChatEvent, UserEvent } from '../domain/events.js';

/**
 * Carries events between nodes, and on one node between services and the hub: the hub learns of events only from
 * here, on the sending node too, so one node and many behave alike.
 *
 * Delivery guarantee: best effort: events may be lost and may come twice; the database stays the truth. Order: events of one
 * publish call arrive in order and in one turn of the event loop; calls may overtake one another, the hub orders by rev.
 * Only chats that were subscribed are delivered. Publishing never fails a command: losses are repaired from the store.
 */
export interface Broker {
  /** Wired once, before the first subscribe. The listener never throws. */
  onEvents(listener: (events: readonly ChatEvent[]) => void): void;
  /** Active when it resolves: every event published after that is delivered. Counted by the caller, not here. */
  subscribe(chatId: number): Promise<void>;
  unsubscribe(chatId: number): Promise<void>;
  publish(events: readonly ChatEvent[]): Promise<void>;
  /** As `onEvents`, for what concerns one user. */
  onUserEvents(listener: (events: readonly UserEvent[]) => void): void;
  /** As `subscribe`, for the events of one user. */
  subscribeUser(userId: number): Promise<void>;
  unsubscribeUser(userId: number): Promise<void>;
  publishToUsers(events: readonly UserEvent[]): Promise<void>;
  /**
   * Told where events may have been lost without a trace: the way between nodes was down (null: of any chat), or something
   * of a chat came that this node cannot read. Wired once; the listener never throws.
   */
  onDoubt(listener: (chatId: number | null) => void): void;
  close(): Promise<void>;
}
