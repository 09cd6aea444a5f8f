import { AppError } from '../domain/errors.js';
import type { UserEvent } from '../domain/events.js';
import type { ChatRev } from '../ports/change-log.js';
import { presentChatList, presentHeartbeat, presentInboxReady } from '../presenters/frames.js';
import { LIMITS } from '../protocol/limits.js';
import { ChatFeed, type FeedOwner } from './chat-feed.js';
import { toErrorFrame, type FrameId } from './errors.js';
import type { UserRegistration } from './user-hub.js';
import { joinFeed, readInbox, type Inbox } from './inbox-list.js';
import { resumeInbox } from './inbox-resume.js';
import type { Link } from './link.js';
import { resumeFeed } from './resume-feed.js';
import type { ResumeCommand, Scope, ScopeDeps, Visitor } from './scope.js';
import { toTicks } from './ticker.js';

/**
 * How often the list of chats is compared with the store, because an event about it may get lost: one keyed statement per
 * inbox socket and minute.
 */
const COMPARE_TICKS = toTicks(60_000);

/**
 * A socket of all of a user's chats, `/api/v1/ws`. It hears of the list's changes first, then registers for every chat
 * of the list, then reads the list again, with the rev of each: in this order nothing is missed in between.
 */
export class InboxScope implements Scope, FeedOwner {
  private readonly feeds = new Map<number, ChatFeed>();
  /** Chats that were joined anew before the end of the old membership came by, with the rev of the new one. */
  private readonly rejoined = new Map<number, number>();
  private registration: UserRegistration | null = null;
  private state: 'opening' | 'open' | 'left' = 'opening';
  private early: UserEvent[] = [];
  private hasMoreChats = false;
  private isResuming = false;
  private ticks = 0;

  constructor(
    private readonly deps: ScopeDeps,
    private readonly link: Link,
    private readonly visitor: Visitor,
  ) {}

  async open(): Promise<void> {
    const { deps, link, visitor, feeds } = this;
    this.registration = deps.hub.registerUser(visitor.actor.userId, (event) => this.hear(event));
    await this.registration.subscribed;
    const before = await this.list();
    if (!link.isOpen()) return;
    for (const { chatId } of before) this.follow(chatId);
    await Promise.all([...feeds.values()].map((feed) => feed.subscribed));
    const chats = await this.list();
    if (!link.isOpen()) return;
    this.goLive(chats);
    if (!link.isOpen()) return;
    this.tellReady(chats, undefined);
    this.compare(chats);
    for (const event of this.early.splice(0)) this.hear(event);
  }

  chatIdOf(named: number | undefined): number {
    if (named === undefined) {
      throw new AppError('validation_failed', { detail: 'chat_id: Required on a socket of all chats' });
    }
    return named;
  }

  feedOf(chatId: number): ChatFeed {
    const feed = this.feeds.get(chatId);
    if (feed === undefined) throw new AppError('chat_not_found');
    return feed;
  }

  ownRev(): undefined {
    return undefined;
  }

  async resume(command: ResumeCommand, id: FrameId | undefined): Promise<void> {
    const { deps, link, visitor } = this;
    const { chats, since_rev: rev, epoch = null } = command;
    const budget = { items: deps.limits.resumeMaxItems };
    if (chats === undefined) {
      if (rev === undefined) throw new AppError('validation_failed', { detail: 'chats: Required without since_rev' });
      const feed = this.feedOf(this.chatIdOf(command.chat_id));
      return resumeFeed(deps, link, visitor, { feed, from: { rev, epoch }, id, budget });
    }
    if (this.isResuming) throw new AppError('resume_in_progress');
    this.isResuming = true;
    try {
      const { feeds, hasMoreChats } = this;
      await resumeInbox(deps, link, visitor, { feeds, chats, epoch, budget, hasMoreChats });
      const listed = await this.list();
      if (!link.isOpen()) return;
      this.tellReady(listed, id);
      this.compare(listed);
    } finally {
      this.isResuming = false;
    }
  }

  heartbeat(): ReturnType<typeof presentHeartbeat> {
    return presentHeartbeat(this.revs(), this.deps.services.realtime.epoch, this.now());
  }

  tick(): void {
    this.ticks += 1;
    if (this.ticks % COMPARE_TICKS !== 0 || this.state !== 'open') return;
    this.list().then(
      (chats) => this.compare(chats),
      (err: unknown) =>
        this.deps.logger.warn({ err, userId: this.link.userId }, 'a list of chats could not be compared'),
    );
  }

  leave(): void {
    this.state = 'left';
    this.registration?.leave();
    this.registration = null;
    this.drop([...this.feeds.values()]);
  }

  removed(feed: ChatFeed, rev: number): void {
    const { chatId } = feed;
    this.drop([feed]);
    this.link.tell(presentChatList('chat_removed', chatId, rev, this.now()));
    const again = this.rejoined.get(chatId);
    this.rejoined.delete(chatId);
    if (again !== undefined && again > rev) this.add(chatId);
  }

  sent({ chatId }: ChatFeed): void {
    this.deps.typing.stop(this.visitor.actor.userId, chatId);
  }

  /** An event about the user's list. What it says may be old or come before the chat's own events. */
  private hear(event: UserEvent): void {
    if (this.state === 'left' || !this.link.isOpen()) return;
    if (this.state === 'opening') {
      this.early.push(event);
      return;
    }
    const { chatId, rev } = event;
    const feed = this.feeds.get(chatId);
    if (event.type === 'chat_removed') {
      // The chat's own event says so in its place among the others; this makes sure that it is not missed.
      if (feed !== undefined && feed.rev < rev) this.deps.hub.expect(chatId, rev);
      return;
    }
    if (feed === undefined) {
      if (!this.add(chatId))
        this.link.tell(toErrorFrame(new AppError('too_many_chats'), undefined, this.now().toISOString()));
      return;
    }
    if (feed.rev < rev) this.rejoined.set(chatId, rev);
    if (feed.isLive) this.tellAdded(feed, feed.rev);
  }

  /** Registers with a chat; null: the socket follows as many as it can. */
  private follow(chatId: number): ChatFeed | null {
    if (this.feeds.size >= LIMITS.inboxChats) {
      this.hasMoreChats = true;
      return null;
    }
    const feed = new ChatFeed(chatId, this.link, this, this.deps.hub, this.deps.limits.maxQueuedBytes);
    this.feeds.set(chatId, feed);
    return feed;
  }

  /** Every chat whose state joins with its events; the others are joined one by one. */
  private goLive(chats: Inbox): void {
    const listed = new Map(chats.map((chat) => [chat.chatId, chat]));
    this.state = 'open';
    for (const feed of [...this.feeds.values()]) {
      const chat = listed.get(feed.chatId);
      if (chat === undefined || !feed.joins(chat.rev)) this.drop([feed]);
      else feed.start(chat.rev, chat.lastSeq);
      if (!this.link.isOpen()) return;
    }
    const first = [...this.feeds.values()].filter((feed) => feed.enter()).map(({ chatId }) => chatId);
    if (first.length > 0) this.deps.announcePresence(this.visitor.actor, first, 'joined');
    this.link.goLive(this.visitor.actor);
  }

  /** Follows what the list has and this socket has not; what only the socket has is looked at in the store. */
  private compare(chats: Inbox): void {
    if (this.state !== 'open' || !this.link.isOpen()) return;
    const listed = new Set(chats.map(({ chatId }) => chatId));
    for (const chatId of listed) if (!this.feeds.has(chatId)) this.add(chatId);
    for (const { chatId, isLive } of this.feeds.values()) {
      if (isLive && !listed.has(chatId)) this.deps.hub.suspect(chatId);
    }
  }

  /** False: the socket follows as many chats as it can. */
  private add(chatId: number): boolean {
    const feed = this.follow(chatId);
    if (feed === null) return false;
    void joinFeed(this.deps, this.visitor, feed, {
      live: ({ rev, lastSeq }) => {
        this.tellAdded(feed, rev);
        feed.start(rev, lastSeq);
        if (feed.isOpen && feed.enter()) this.deps.announcePresence(this.visitor.actor, [chatId], 'joined');
      },
      refused: () => this.drop([feed]),
    });
    return true;
  }

  private drop(feeds: readonly ChatFeed[]): void {
    const { typing, announcePresence } = this.deps;
    const { actor, owner } = this.visitor;
    const gone: number[] = [];
    for (const feed of feeds) {
      if (this.feeds.get(feed.chatId) === feed) this.feeds.delete(feed.chatId);
      typing.disconnect(actor.userId, feed.chatId, owner);
      if (feed.leave()) gone.push(feed.chatId);
    }
    if (gone.length > 0) announcePresence(actor, gone, 'left');
  }

  private tellAdded({ chatId }: ChatFeed, rev: number): void {
    this.link.tell(presentChatList('chat_added', chatId, rev, this.now()));
  }

  private tellReady(chats: readonly ChatRev[], id: FrameId | undefined): void {
    const { services } = this.deps;
    const reads = chats.filter(({ chatId }) => this.feeds.has(chatId));
    const marks = reads.map(({ chatId, lastReadSeq }) => [chatId, lastReadSeq] as const);
    const ready = {
      epoch: services.realtime.epoch,
      revs: this.revs(),
      reads: marks,
      hasMoreChats: this.hasMoreChats,
    };
    this.link.tell(presentInboxReady(ready, id, this.now()));
  }

  private revs(): readonly (readonly [number, number])[] {
    return [...this.feeds.values()].filter((feed) => feed.isLive).map(({ chatId, rev }) => [chatId, rev] as const);
  }

  private now(): Date {
    return new Date(this.deps.clock.now());
  }

  private async list(): Promise<Inbox> {
    const { chats, hasMore } = await readInbox(this.deps.services.realtime, this.visitor.actor);
    this.hasMoreChats = hasMore;
    return chats;
  }
}
