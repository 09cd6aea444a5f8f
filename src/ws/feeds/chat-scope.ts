import { AppError } from '../../domain/errors.js';
import { presentHeartbeat } from '../../presenters/frames.js';
import type { ResumeFrom } from '../../services/services.js';
import type { FrameId } from '../errors.js';
import type { Link } from '../socket/link.js';
import { ChatFeed, type FeedOwner, readPosition } from './chat-feed.js';
import { replay, resumeFeed } from './replay.js';
import type { ResumeCommand, Scope, ScopeDeps, Visitor } from './scope.js';

/** A socket of one chat, `/api/v1/ws/{chat_id}`. */
export class ChatScope implements Scope, FeedOwner {
  private feed: ChatFeed | null = null;

  constructor(
    private readonly deps: ScopeDeps,
    private readonly link: Link,
    private readonly visitor: Visitor,
    private readonly chatId: number,
    /** Where the address asks to read on from; null: it does not. */
    private readonly from: ResumeFrom | null,
  ) {}

  async open(): Promise<void> {
    const { deps, link, visitor, from } = this;
    const { actor } = visitor;
    const feed = new ChatFeed(this.chatId, link, this, deps.hub, deps.limits.maxQueuedBytes);
    this.feed = feed;
    await feed.subscribed;
    if (!feed.isOpen) return;
    if (from !== null) {
      const request = { feed, from, budget: { items: deps.limits.resumeMaxItems }, onProven: () => this.enter(feed) };
      return replay({ ...deps, realtime: deps.services.realtime, link, actor }, request);
    }
    const position = await readPosition(deps.services.realtime, actor, feed);
    if (!feed.isOpen) return;
    feed.start(position.rev, position.lastSeq);
    if (feed.isOpen) this.enter(feed);
  }

  chatIdOf(named: number | undefined): number {
    if (named !== undefined && named !== this.chatId) throw new AppError('wrong_chat');
    return this.chatId;
  }

  feedOf(): ChatFeed {
    if (this.feed === null) throw new AppError('chat_not_found');
    return this.feed;
  }

  ownRev(): number {
    return this.feed?.rev ?? 0;
  }

  async resume(command: ResumeCommand, id: FrameId | undefined): Promise<void> {
    const { chat_id, since_rev: rev, epoch = null } = command;
    this.chatIdOf(chat_id);
    if (rev === undefined) {
      throw new AppError('validation_failed', { detail: 'since_rev: Required on a socket of one chat' });
    }
    const { deps, link, visitor } = this;
    const budget = { items: deps.limits.resumeMaxItems };
    await resumeFeed(deps, link, visitor, { feed: this.feedOf(), from: { rev, epoch }, id, budget });
  }

  heartbeat(): ReturnType<typeof presentHeartbeat> | null {
    const { deps, chatId, feed } = this;
    if (feed?.isComplete !== true) return null;
    return presentHeartbeat([[chatId, feed.rev]], deps.services.realtime.epoch, new Date(deps.clock.now()));
  }

  tick(): void {
    // Nothing here goes by time.
  }

  leave(): void {
    const { feed, deps, visitor } = this;
    if (feed === null) return;
    this.feed = null;
    deps.typing.disconnect(visitor.actor.userId, this.chatId, visitor.owner);
    if (feed.leave()) deps.announcePresence(visitor.actor, [this.chatId], 'left');
  }

  removed(): void {
    this.link.close('no_access');
  }

  changed(): void {
    // The feed of a chat's own socket is never quiet.
  }

  sent(): void {
    this.deps.typing.stop(this.visitor.actor.userId, this.chatId);
  }

  private enter(feed: ChatFeed): void {
    const { actor } = this.visitor;
    if (feed.enter()) this.deps.announcePresence(actor, [this.chatId], 'joined');
    this.link.goLive(actor);
  }
}
