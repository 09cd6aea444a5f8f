import { isDurable, type DurableEvent } from '../../domain/events.js';
import type { CloseName } from '../../protocol/close-codes.js';
import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChatPosition, Services } from '../../services/services.js';
import { seqOf } from '../../domain/event-facts.js';
import type { Delivery, Fill, Recipient } from '../hub/delivery.js';
import { isFor, type Hub } from '../hub/index.js';
import type { Link } from '../socket/link.js';
import type { Registration } from '../hub/registration.js';

/** The scope that a feed belongs to. Neither call throws. */
export interface FeedOwner {
  /** The user is no longer in the chat: the event that says so has been sent, and nothing of the chat comes after it. */
  removed(feed: ChatFeed, rev: number): void;
  /** A message of the user's own has come by. */
  sent(feed: ChatFeed): void;
  /** A quiet feed has come to its present rev. */
  changed(feed: ChatFeed): void;
}

/** What came by while a state is being read. */
interface Kept {
  units: (Delivery | Fill)[];
  bytes: number;
  /** More came than is kept: the read that is under way may not hold all of it. */
  overflowed: boolean;
  /** How far others have read, the last mark of each: state that no replay's rows hold for certain. */
  marks: Map<number, Uint8Array> | null;
}

/**
 * One connection's view of one chat's events. While its state is being read they are kept; then those that the read has
 * already seen are dropped and the rest goes out, each rev exactly one above the one before (or above a fill's).
 */
export class ChatFeed implements Recipient {
  /** Its events are counted and not sent: the owner hears that there are some. */
  isQuiet = false;
  /** When something happened here last; below 0, the place in a list of the most recently active. */
  activeAt = 0;
  private readonly registration: Registration;
  /** null: live, nothing is kept. */
  private kept: Kept | null = keepNothing();
  /** Events were thrown away that no state has made good yet: without one the feed cannot go on. */
  private hasLost = false;
  private isGone = false;
  private lastRev = 0;
  private lastSeq = 0;

  /** Registers with the hub: from here on nothing of the chat is missed. */
  constructor(
    readonly chatId: number,
    private readonly link: Link,
    private readonly owner: FeedOwner,
    hub: Pick<Hub, 'register'>,
    /** Bytes of events that are kept while a state is read; 0 = no limit. */
    private readonly maxKeptBytes: number,
  ) {
    this.registration = hub.register(chatId, this);
  }

  get userId(): number {
    return this.link.userId;
  }

  /** Only a read of the store made after this may be joined with the events. */
  get subscribed(): Promise<void> {
    return this.registration.subscribed;
  }

  /** Up to where the connection has the chat's events: what it started at, then what it was sent. */
  get rev(): number {
    return this.lastRev;
  }

  /** Highest position in the chat's history that it knows of. */
  get seq(): number {
    return this.lastSeq;
  }

  get isLive(): boolean {
    return this.kept === null && !this.isGone;
  }

  /** False: the connection has closed, or its user has left the chat. */
  get isOpen(): boolean {
    return !this.isGone && this.link.isOpen();
  }

  get toldUpTo(): number | null {
    return this.isLive ? this.lastRev : null;
  }

  /** False: events of the chat are known to exist that no socket of this node has been sent yet. */
  get isComplete(): boolean {
    return this.registration.isComplete;
  }

  /** Keeps events from here on, for a read that begins after this call. */
  hold(): void {
    this.kept ??= keepNothing();
    this.kept.overflowed = false;
  }

  /**
   * A state of the chat was read at `rev`. False: it does not join with the events, because more of them came meanwhile
   * than are kept, or because it is older than what went by before the feed was registered. Then it is read again.
   */
  joins(rev: number): boolean {
    this.registration.observe(rev);
    if (this.kept?.overflowed !== true) return this.registration.covers(rev);
    this.kept.overflowed = false;
    return false;
  }

  /** The connection's state of the chat is that of `rev`; sends what was kept above it and goes on live. */
  start(rev: number, lastSeq: number): void {
    const { kept } = this;
    this.kept = null;
    this.hasLost = false;
    this.lastRev = rev;
    this.lastSeq = lastSeq;
    for (const unit of kept?.units ?? []) {
      if ('items' in unit) this.fill(unit);
      else if (this.isOpen) this.take(unit);
    }
    for (const [userId, frame] of kept?.marks ?? []) this.sendMark(userId, frame);
  }

  /** The read failed: goes on where it stood, unless what came since is not all there. */
  goOn(): void {
    if (this.hasLost) this.link.close('slow_reader');
    else this.start(this.lastRev, this.lastSeq);
  }

  deliver(delivery: Delivery): void {
    if (!this.isGone && this.link.isOpen(delivery.now)) this.take(delivery);
  }

  private take(delivery: Delivery): void {
    const { event, frame } = delivery;
    if (!isDurable(event)) {
      if (this.isQuiet || !isFor(event, this.userId)) return;
      if (event.type === 'read') {
        if (this.kept === null) this.sendMark(event.userId, frame);
        else (this.kept.marks ??= new Map<number, Uint8Array>()).set(event.userId, frame);
        return;
      }
      // Not worth keeping: by the time of the flush it is no longer true.
      if (this.kept === null) this.link.send(frame, 'ephemeral');
      return;
    }
    if (this.kept !== null) return this.keep(this.kept, delivery, frame.byteLength);
    if (event.rev <= this.lastRev) return;
    if (event.rev > this.lastRev + 1) return this.link.close('slow_reader');
    this.lastRev = event.rev;
    this.activeAt = delivery.now;
    if (this.isSilentAbout(event)) this.owner.changed(this);
    else this.link.send(frame);
    if (event.type === 'new_message') {
      this.lastSeq = event.message.seq;
      if (event.message.senderId === this.userId) this.owner.sent(this);
    } else if (event.type === 'participant_removed' && event.userId === this.userId) {
      this.owner.removed(this, event.rev);
    }
  }

  fill(fill: Fill): void {
    if (this.isGone || !this.link.isOpen()) return;
    if (this.kept !== null) return this.keep(this.kept, fill, fill.bytes);
    const { lastRev, lastSeq } = this;
    if (fill.rev <= lastRev) return;
    this.lastRev = fill.rev;
    for (const { event, frameFor } of fill.items) {
      if (event.rev <= lastRev) continue;
      if (!this.isSilentAbout(event)) this.link.send(frameFor(lastSeq));
      this.lastSeq = Math.max(this.lastSeq, seqOf(event));
      if (this.isGone) return;
      if (event.type === 'participant_removed' && event.userId === this.userId) {
        return this.owner.removed(this, event.rev);
      }
    }
    if (this.isQuiet) this.owner.changed(this);
    else this.link.send(fill.end);
  }

  /** That the user has gone is said whatever else is not. */
  private isSilentAbout(event: DurableEvent): boolean {
    return this.isQuiet && !(event.type === 'participant_removed' && event.userId === this.userId);
  }

  close(name: CloseName): void {
    this.link.close(name);
  }

  /** Counts the user as present. True: with their first live socket on this chat. */
  enter(): boolean {
    return this.registration.enter();
  }

  /** Nothing is delivered any more. May be repeated. True: that was the user's last live socket on this chat. */
  leave(): boolean {
    this.isGone = true;
    this.kept = null;
    return this.registration.leave();
  }

  private keep(kept: Kept, unit: Delivery | Fill, bytes: number): void {
    if (kept.overflowed) return;
    kept.bytes += bytes;
    kept.units.push(unit);
    if (this.maxKeptBytes === 0 || kept.bytes <= this.maxKeptBytes) return;
    // The state is read once more instead, and holds all of this.
    this.hasLost = true;
    kept.overflowed = true;
    kept.units = [];
    kept.bytes = 0;
  }

  private sendMark(userId: number, frame: Uint8Array): void {
    if (!this.isGone && !this.isQuiet) this.link.sendLatest(`${this.chatId}:${userId}`, frame);
  }
}

function keepNothing(): Kept {
  return { units: [], bytes: 0, overflowed: false, marks: null };
}

/** A read joins at the second attempt unless a chat is written faster than its state is read. */
const ATTEMPTS = 5;

/**
 * Where the chat stands for one of its participants, as a state that joins with the feed's events: read again when
 * others joined meanwhile and events have gone by that the read does not hold. Rejects with `chat_not_found`.
 */
export async function readPosition(
  realtime: Pick<Services['realtime'], 'join'>,
  actor: Identity,
  feed: ChatFeed,
): Promise<ChatPosition> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const position = await realtime.join(actor, feed.chatId);
    if (!feed.isOpen || feed.joins(position.rev)) return position;
  }
  throw new AppError('unavailable');
}
