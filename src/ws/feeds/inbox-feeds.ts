import type { ChatRev } from '../../ports/change-log.js';
import { presentChatList } from '../../presenters/frames.js';
import type { ChatListFrame } from '../../protocol/events.js';
import { encodeFrame } from '../codec.js';
import { FewLines } from '../socket/few-lines.js';
import type { Link } from '../socket/link.js';
import { ChatFeed, type FeedOwner } from './chat-feed.js';
import { joinFeed, type Inbox } from './inbox-list.js';
import { isLoud, leastActive, mostActiveFirst, placesOf, type Places } from './inbox-places.js';
import type { ScopeDeps, Visitor } from './scope.js';

/**
 * The chats that an inbox socket follows. Those of its start go live together, under one `inbox_ready`; each later one
 * is joined by itself and told as `chat_added`.
 *
 * Anybody can put a user into chats, so no chat is turned away because there are many. The most recently active ones have
 * feeds that send their events. Where there is no room for one more, the least recently active of them goes quiet: it
 * keeps its place with the hub, and each of its changes is told as `chat_changed`, until a resume wakes it or it is
 * added anew. Of the quiet ones, too, the least recently active is let go, whose next change brings it up in the list of
 * the most active ones, with which the socket is compared once a minute.
 */
export class InboxFeeds implements FeedOwner {
  /** The user is in more chats than the socket is sent the events of. */
  hasMore = false;
  readonly places: Places;
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
    this.places = placesOf(deps.limits);
  }

  get(chatId: number): ChatFeed | undefined {
    return this.feeds.get(chatId);
  }

  all(): readonly ChatFeed[] {
    return [...this.feeds.values()];
  }

  /** Those whose events are sent. */
  loud(): readonly ChatFeed[] {
    return this.all().filter(isLoud);
  }

  /** The chat's feed once it is known whether it can be joined; undefined: the socket does not follow it. */
  async settled(chatId: number): Promise<ChatFeed | undefined> {
    for (let under = this.joining?.get(chatId); under !== undefined; under = this.joining?.get(chatId)) await under;
    return this.feeds.get(chatId);
  }

  /** Registers with a chat. `activeAt`: as that of ChatFeed. */
  follow(chatId: number, activeAt: number, isQuiet: boolean): ChatFeed {
    if (this.feeds.size >= this.places.all) this.dropOne(this.quiet());
    const feed = new ChatFeed(chatId, this.link, this, this.deps.hub, this.deps.limits.maxQueuedBytes);
    feed.activeAt = activeAt;
    feed.isQuiet = isQuiet;
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

  /** Joins one more chat, whose news have come: it takes the place of another where there is none. */
  add(chatId: number, rev: number): void {
    this.bring(chatId, rev, !this.makeRoom());
  }

  private bring(chatId: number, knownRev: number, isQuiet: boolean): void {
    // At once: where very many come, it has to give way before it is joined.
    if (isQuiet) this.tellChanged(chatId, knownRev);
    const feed = this.follow(chatId, this.deps.clock.now(), isQuiet);
    const joining = joinFeed({ services: this.deps.services, logger: this.logger }, this.visitor, feed, {
      live: ({ rev, lastSeq }) => {
        if ((this.rejoined?.get(chatId) ?? Infinity) <= rev) this.rejoined?.delete(chatId);
        this.onJoin(true);
        if (!feed.isQuiet) this.tellList('chat_added', chatId, rev);
        else if (rev > knownRev) this.tellChanged(chatId, rev);
        feed.start(rev, lastSeq);
        if (feed.isOpen) this.enter([feed]);
      },
      refused: (isGone) => this.refused(feed, isGone),
    }).then(() => {
      if (this.joining?.get(chatId) === joining) this.joining.delete(chatId);
    });
    (this.joining ??= new Map<number, Promise<void>>()).set(chatId, joining);
  }

  /**
   * Compares with the list: what it has and the socket has not is followed, with its events as far as there is room. Of a
   * list that was cut, the quiet ones give way to those that have become more active than they are.
   */
  complete(listed: Inbox): void {
    let wanted = listed;
    if (this.hasMore) {
      const inList = new Set(listed.map(({ chatId }) => chatId));
      const others = this.loud().filter(({ chatId }) => !inList.has(chatId));
      wanted = listed.slice(0, Math.max(0, this.places.all - others.length));
      const keep = new Set(wanted.map(({ chatId }) => chatId));
      this.drop(this.quiet().filter(({ chatId, isLive }) => isLive && !keep.has(chatId)));
    }
    let room = this.places.loud - this.loud().length;
    for (const feed of room > 0 ? mostActiveFirst(this.quiet()) : []) {
      if (room <= 0 || !feed.isLive) continue;
      feed.isQuiet = false;
      this.tellList('chat_added', feed.chatId, feed.rev);
      room -= 1;
    }
    for (const { chatId, rev } of wanted) {
      if (this.feeds.has(chatId)) continue;
      this.bring(chatId, rev, room <= 0);
      room -= 1;
    }
  }

  /** The client reads on in this chat: it is sent its events from here on. */
  wake(feed: ChatFeed): void {
    if (!feed.isQuiet || !this.makeRoom()) return;
    feed.isQuiet = false;
    feed.activeAt = this.deps.clock.now();
  }

  /** The user has come into a chat that the socket follows already, or is joining. */
  again(feed: ChatFeed, rev: number): void {
    if (feed.rev < rev) (this.rejoined ??= new Map<number, number>()).set(feed.chatId, rev);
    this.wake(feed);
    if (feed.isLive) this.tellList('chat_added', feed.chatId, feed.rev);
  }

  removed(feed: ChatFeed, rev: number): void {
    const { chatId } = feed;
    this.drop([feed]);
    this.tellList('chat_removed', chatId, rev);
    const again = this.rejoined?.get(chatId);
    this.rejoined?.delete(chatId);
    if (again !== undefined && again > rev) this.add(chatId, again);
  }

  sent({ chatId }: ChatFeed): void {
    this.deps.typing.stop(this.visitor.actor.userId, chatId);
  }

  /** Never dropped, and only the newest of each chat waits for a reader that is behind. */
  changed({ chatId, rev }: ChatFeed): void {
    this.tellChanged(chatId, rev);
  }

  leave(): void {
    this.drop(this.all());
  }

  private quiet(): readonly ChatFeed[] {
    return this.all().filter(({ isQuiet }) => isQuiet);
  }

  private dropOne(feeds: readonly ChatFeed[]): void {
    const least = leastActive(feeds);
    if (least !== undefined) this.drop([least]);
  }

  /** False: every feed that sends is busy. */
  private makeRoom(): boolean {
    if (this.feeds.size < this.places.loud) return true;
    const loud = this.loud();
    if (loud.length < this.places.loud) return true;
    const least = leastActive(loud.filter(({ isLive }) => isLive));
    if (least === undefined) return false;
    this.hasMore = true;
    least.isQuiet = true;
    // From here on its client is told of it no more than this.
    this.changed(least);
    return true;
  }

  private refused(feed: ChatFeed, isGone: boolean): void {
    this.drop([feed]);
    // Its read may be older than the news that the user has come back.
    const addedSince = this.rejoined?.get(feed.chatId);
    this.rejoined?.delete(feed.chatId);
    if (!this.link.isOpen()) return;
    if (addedSince !== undefined) this.add(feed.chatId, addedSince);
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

  private tellChanged(chatId: number, rev: number): void {
    const frame = encodeFrame(presentChatList('chat_changed', chatId, rev, this.now()));
    this.link.sendLatest(`changed:${chatId}`, frame);
  }

  private tellList(type: ChatListFrame['type'], chatId: number, rev: number): void {
    this.link.tell(presentChatList(type, chatId, rev, this.now()));
  }

  private now(): Date {
    return new Date(this.deps.clock.now());
  }
}
