import { AppError } from '../../domain/errors.js';
import type { UserEvent } from '../../domain/events.js';
import type { ChatRev } from '../../ports/change-log.js';
import { presentHeartbeat, presentInboxReady } from '../../presenters/frames.js';
import type { FrameId } from '../errors.js';
import type { Link } from '../socket/link.js';
import type { UserListener, UserRegistration } from '../hub/user-hub.js';
import type { ChatFeed } from './chat-feed.js';
import { InboxFeeds } from './inbox-feeds.js';
import { readInbox, type Inbox } from './inbox-list.js';
import { resumeInbox } from './inbox-resume.js';
import { InboxTimer } from './inbox-timer.js';
import { resumeFeed } from './replay.js';
import type { ResumeCommand, Scope, ScopeDeps, Visitor } from './scope.js';

/**
 * A socket of all of a user's chats, `/api/v1/ws`. It hears of the list's changes first, then registers for every chat
 * of the list, then reads the list again, with the rev of each: in this order nothing is missed in between.
 */
export class InboxScope implements Scope, UserListener {
  private readonly feeds: InboxFeeds;
  private readonly timer = new InboxTimer();
  private registration: UserRegistration | null = null;
  private state: 'opening' | 'open' | 'left' = 'opening';
  private early: UserEvent[] | null = null;
  private isResuming = false;
  private isComparing = false;

  constructor(
    private readonly deps: ScopeDeps,
    private readonly link: Link,
    private readonly visitor: Visitor,
  ) {
    this.feeds = new InboxFeeds(deps, link, visitor, (joined) => {
      if (joined) this.timer.succeeded();
      else this.timer.failed();
    });
  }

  async open(): Promise<void> {
    const { deps, link, visitor, feeds } = this;
    this.registration = deps.hub.registerUser(visitor.actor.userId, this);
    await this.registration.subscribed;
    const before = await this.list();
    if (!link.isOpen()) return;
    for (const [rank, { chatId }] of before.entries()) feeds.follow(chatId, -rank, rank >= this.feeds.places.loud);
    await Promise.all(feeds.all().map((feed) => feed.subscribed));
    const chats = await this.list();
    if (!link.isOpen()) return;
    const joined = feeds.join(chats);
    this.state = 'open';
    // The first frame; what came by since the list was read follows it.
    this.tellReady(
      joined.filter(({ chatId }) => this.isSent(chatId)).map(({ chatId, rev }) => [chatId, rev] as const),
      joined,
      undefined,
    );
    feeds.start(joined);
    if (!link.isOpen()) return;
    link.goLive(visitor.actor);
    this.compare(chats);
    const { early } = this;
    this.early = null;
    for (const event of early ?? []) this.hear(event);
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

  /** One at a time, in either form: each may wait for its turn to read a thousand rows, and everybody shares the line. */
  async resume(command: ResumeCommand, id: FrameId | undefined): Promise<void> {
    if (this.isResuming) throw new AppError('resume_in_progress');
    this.isResuming = true;
    try {
      if (command.chats === undefined) await this.resumeOne(command, id);
      else await this.resumeMany(command.chats, command.epoch ?? null, id);
    } finally {
      this.isResuming = false;
    }
  }

  heartbeat(): ReturnType<typeof presentHeartbeat> {
    const current = this.feeds.loud().filter(({ isLive, isComplete }) => isLive && isComplete);
    return presentHeartbeat(current.map(revOf), this.deps.services.realtime.epoch, this.now());
  }

  tick(): void {
    if (this.state === 'open' && this.timer.tick() && !this.isComparing) void this.lookAgain();
  }

  leave(): void {
    this.state = 'left';
    this.registration?.leave();
    this.registration = null;
    this.feeds.leave();
  }

  private async resumeOne(command: ResumeCommand, id: FrameId | undefined): Promise<void> {
    const { chat_id, since_rev: rev, epoch = null } = command;
    if (rev === undefined) throw new AppError('validation_failed', { detail: 'chats: Required without since_rev' });
    const feed = await this.feedToResume(this.chatIdOf(chat_id));
    const budget = { items: this.deps.limits.resumeMaxItems };
    await resumeFeed(this.deps, this.link, this.visitor, { feed, from: { rev, epoch }, id, budget });
  }

  private async resumeMany(
    chats: ReadonlyMap<number, number>,
    epoch: string | null,
    id: FrameId | undefined,
  ): Promise<void> {
    const { deps, link, visitor, feeds } = this;
    // What the socket has not heard of yet is followed first: only who is not in the list any more has left.
    const before = await this.list();
    if (!link.isOpen()) return;
    this.compare(before);
    const listed = new Set(before.map(({ chatId }) => chatId));
    const budget = { items: deps.limits.resumeMaxItems };
    await resumeInbox(deps, link, visitor, { feeds, chats, epoch, budget, listed });
    const after = await this.list();
    if (!link.isOpen()) return;
    const live = feeds.loud().filter(({ isLive }) => isLive);
    this.tellReady(live.map(revOf), after, id);
    this.compare(after);
  }

  /** An event about the user's list. What it says may be old or come before the chat's own events. */
  hear(event: UserEvent): void {
    if (this.state === 'left' || !this.link.isOpen()) return;
    if (this.state === 'opening') {
      (this.early ??= []).push(event);
      return;
    }
    const { chatId, rev } = event;
    const feed = this.feeds.get(chatId);
    if (event.type === 'chat_removed') {
      // The chat's own event says so in its place among the others; this makes sure that it is not missed.
      if (feed !== undefined && feed.rev < rev) this.deps.hub.expect(chatId, rev);
      return;
    }
    if (feed !== undefined) return this.feeds.again(feed, rev);
    this.feeds.add(chatId, rev);
  }

  private async lookAgain(): Promise<void> {
    this.isComparing = true;
    try {
      this.compare(await this.list());
    } catch (err) {
      this.timer.failed();
      this.deps.logger.warn({ err, userId: this.link.userId }, 'a list of chats could not be compared');
    } finally {
      this.isComparing = false;
    }
  }

  /** Follows what the list has and this socket has not; what only the socket has is looked at in the store. */
  private compare(chats: Inbox): void {
    if (this.state !== 'open' || !this.link.isOpen()) return;
    const listed = new Set(chats.map(({ chatId }) => chatId));
    this.feeds.complete(chats);
    for (const { chatId, isLive } of this.feeds.all()) {
      if (isLive && !listed.has(chatId)) this.deps.hub.suspect(chatId);
    }
  }

  private tellReady(
    revs: readonly (readonly [number, number])[],
    chats: readonly ChatRev[],
    id: FrameId | undefined,
  ): void {
    const followed = chats.filter(({ chatId }) => this.isSent(chatId));
    const ready = {
      epoch: this.deps.services.realtime.epoch,
      revs,
      reads: followed.map(({ chatId, lastReadSeq }) => [chatId, lastReadSeq] as const),
      hasMoreChats: this.feeds.hasMore,
    };
    this.link.tell(presentInboxReady(ready, id, this.now()));
  }

  /** A chat that one of many had to give way to, or that is too long silent to be followed, comes up again. */
  private async feedToResume(chatId: number): Promise<ChatFeed> {
    if (this.feeds.hasMore && this.feeds.get(chatId) === undefined) this.feeds.add(chatId, 0);
    const feed = (await this.feeds.settled(chatId)) ?? this.feedOf(chatId);
    this.feeds.wake(feed);
    return feed;
  }

  /** Whether this socket is sent the chat's events. */
  private isSent(chatId: number): boolean {
    return this.feeds.get(chatId)?.isQuiet === false;
  }

  private now(): Date {
    return new Date(this.deps.clock.now());
  }

  /**
   * The chats, in a turn of the user's: what follows goes through a thousand of them, and lists that were asked for
   * together are answered together. Events are kept or known of since before the read, so it may wait like any answer.
   */
  private async list(): Promise<Inbox> {
    const { deps, feeds, link, visitor } = this;
    const { chats, hasMore } = await readInbox(deps.services.realtime, visitor.actor, feeds.places);
    const onLine = (isInLine: boolean): void => link.standInLine(isInLine);
    await deps.inboxTurns.run(visitor.actor.userId, () => Promise.resolve(), { onLine, isWanted: () => link.isOpen() });
    this.feeds.hasMore = hasMore;
    return chats;
  }
}

function revOf({ chatId, rev }: ChatFeed): readonly [number, number] {
  return [chatId, rev];
}
