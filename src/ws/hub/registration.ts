import type { Recipient } from './delivery.js';
import type { ChatPlace, LocalChat } from './local-chat.js';

/** What a registration needs of its hub. */
export interface RegistrationHub {
  observe(chat: LocalChat, rev: number): void;
  /** The chat's last socket has gone. */
  abandon(chat: LocalChat): void;
}

/** One connection's place in a chat, from registration until `leave`; an inbox socket has one for each of its chats. */
export class Registration implements ChatPlace {
  private state: 'waiting' | 'live' | 'gone' = 'waiting';
  private readonly deliveredBefore: number | null;

  constructor(
    private readonly hub: RegistrationHub,
    private readonly chat: LocalChat,
    readonly member: Recipient,
  ) {
    this.deliveredBefore = chat.cursor.rev;
    chat.add(this);
  }

  get isLive(): boolean {
    return this.state === 'live';
  }

  /** Resolves when the subscription is active: only a read of the store made after that may be joined with events. */
  get subscribed(): Promise<void> {
    return this.chat.subscribed;
  }

  /** Whether the events since registration continue a state of the chat read at `rev` without a hole. */
  covers(rev: number): boolean {
    return rev >= (this.deliveredBefore ?? this.chat.startedAt ?? 0);
  }

  /** The chat's rev as the store has it; the first one starts the chat's cursor. */
  observe(rev: number): void {
    this.hub.observe(this.chat, rev);
  }

  /** False: something of the chat is known to be committed that its members were not sent yet. */
  get isComplete(): boolean {
    return !this.chat.cursor.isBehind && !this.chat.isFilling;
  }

  /** The connection is live from here on. True: the user's first one on this chat. */
  enter(): boolean {
    if (this.state !== 'waiting') return false;
    const isFirst = !this.chat.isOnline(this.member.userId);
    this.state = 'live';
    return isFirst;
  }

  /** May be repeated. True: that was the user's last live connection on this chat. */
  leave(): boolean {
    if (this.state === 'gone') return false;
    const wasLive = this.isLive;
    this.state = 'gone';
    this.chat.remove(this);
    if (this.chat.places.length === 0) this.hub.abandon(this.chat);
    return wasLive && !this.chat.isOnline(this.member.userId);
  }
}
