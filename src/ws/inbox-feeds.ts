import type { ChatRev } from '../ports/change-log.js';
import { presentChatList } from '../presenters/frames.js';
import { LIMITS } from '../protocol/limits.js';
import { ChatFeed, type FeedOwner } from './chat-feed.js';
import { FewLines } from './few-lines.js';
import { joinFeed, type Inbox } from './inbox-list.js';
import type { Link } from './link.js';
import type { ScopeDeps, Visitor } from './scope.js';

/**
 * The chats that an inbox socket follows. Those of its start go live together, under one `inbox_ready`; each later one
 * is joined by itself and told as `chat_added`.
 */
export class InboxFeeds implements FeedOwner {
  /** The user is in more chats than the socket follows. */
  hasMore = false;
  private readonly feeds = new Map<number, ChatFeed>();
  /** Chats that were joined anew before the end of the old membership came by, with the rev of the new one. */
  private rejoined: Map<number, number> | null = null;
  private joining: Map<number, Promise<void>> | null = null;
  /** While the store fails, each of a thousand chats may fail with each comparison. */
  private readonly logger: FewLines;

  constructor(
    private readonly deps: ScopeDeps,
    private readonly link: Link,
    private readonly visitor: Visitor,
    /** A chat could not be joined although the user may well be in it; or one could. */
    private readonly onJoin: (joined: boolean) => void,
  ) {
    this.logger = new FewLines(deps.logger);
  }

  get(chatId: number): ChatFeed | undefined {
    return this.feeds.get(chatId);
  }

  all(): readonly ChatFeed[] {
    return [...this.feeds.values()];
  }

  /** The chat's feed once it is known whether it can be joined; undefined: the socket does not follow it. */
  async settled(chatId: number): Promise<ChatFeed | undefined> {
    for (let under = this.joining?.get(chatId); under !== undefined; under = this.joining?.get(chatId)) await under;
    return this.feeds.get(chatId);
  }

  /** Registers with a chat; null: the socket follows as many as it can. */
  follow(chatId: number): ChatFeed | null {
    if (this.feeds.size >= LIMITS.inboxChats) {
      this.hasMore = true;
      return null;
    }
    const feed = new ChatFeed(chatId, this.link, this, this.deps.hub, this.deps.limits.maxQueuedBytes);
    this.feeds.set(chatId, feed);
    return feed;
  }

  /** Answers the chats whose listed state joins with their events; the others are let go, to be joined one by one. */
  join(listed: Inbox): readonly ChatRev[] {
    const states = new Map(listed.map((chat) => [chat.chatId, chat]));
    const joined: ChatRev[] = [];
    for (const feed of this.all()) {
      const state = states.get(feed.chatId);
      if (state !== undefined && feed.joins(state.rev)) joined.push(state);
      else this.drop([feed]);
    }
    return joined;
  }

  /** Sends what came by above the states that `join` answered, and goes on live. */
  start(joined: readonly ChatRev[]): void {
    for (const { chatId, rev, lastSeq } of joined) {
      this.feeds.get(chatId)?.start(rev, lastSeq);
      if (!this.link.isOpen()) return;
    }
    this.enter(this.all());
  }

  /** Joins one more chat. False: the socket follows as many as it can. */
  add(chatId: number): boolean {
    const feed = this.follow(chatId);
    if (feed === null) return false;
    const joining = joinFeed({ services: this.deps.services, logger: this.logger }, this.visitor, feed, {
      live: ({ rev, lastSeq }) => {
        if ((this.rejoined?.get(chatId) ?? Infinity) <= rev) this.rejoined?.delete(chatId);
        this.onJoin(true);
        this.tellAdded(feed, rev);
        feed.start(rev, lastSeq);
        if (feed.isOpen) this.enter([feed]);
      },
      refused: (isGone) => this.refused(feed, isGone),
    }).then(() => {
      if (this.joining?.get(chatId) === joining) this.joining.delete(chatId);
    });
    (this.joining ??= new Map<number, Promise<void>>()).set(chatId, joining);
    return true;
  }

  /** The user has come into a chat that the socket follows already, or is joining. */
  again(feed: ChatFeed, rev: number): void {
    if (feed.rev < rev) (this.rejoined ??= new Map<number, number>()).set(feed.chatId, rev);
    if (feed.isLive) this.tellAdded(feed, feed.rev);
  }

  removed(feed: ChatFeed, rev: number): void {
    const { chatId } = feed;
    this.drop([feed]);
    this.link.tell(presentChatList('chat_removed', chatId, rev, this.now()));
    const again = this.rejoined?.get(chatId);
    this.rejoined?.delete(chatId);
    if (again !== undefined && again > rev) this.add(chatId);
  }

  sent({ chatId }: ChatFeed): void {
    this.deps.typing.stop(this.visitor.actor.userId, chatId);
  }

  leave(): void {
    this.drop(this.all());
  }

  private refused(feed: ChatFeed, isGone: boolean): void {
    this.drop([feed]);
    // Its read may be older than the news that the user has come back.
    const wasAddedSince = this.rejoined?.delete(feed.chatId) === true;
    if (!this.link.isOpen()) return;
    if (wasAddedSince) this.add(feed.chatId);
    else if (!isGone) this.onJoin(false);
  }

  private enter(feeds: readonly ChatFeed[]): void {
    const first = feeds.filter((feed) => feed.enter()).map(({ chatId }) => chatId);
    if (first.length > 0) this.deps.announcePresence(this.visitor.actor, first, 'joined');
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

  private now(): Date {
    return new Date(this.deps.clock.now());
  }
}
