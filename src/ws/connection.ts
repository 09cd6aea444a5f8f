import { AppError } from '../domain/errors.js';
import { isDurable } from '../domain/events.js';
import type { Identity } from '../domain/user.js';
import type { Clock } from '../ports/clock.js';
import type { Socket, SocketListener } from '../ports/listener.js';
import type { Logger } from '../ports/logger.js';
import { CLOSE_CODES, type CloseName } from '../protocol/close-codes.js';
import type { ServerFrame } from '../protocol/events.js';
import type { Services } from '../services/services.js';
import type { Place } from './admission.js';
import { encodeFrame } from './codec.js';
import type { CommandContext } from './command-context.js';
import { dispatch } from './dispatch.js';
import { EarlyFrames } from './early-frames.js';
import { isUnexpected, toCloseName } from './errors.js';
import { Feed } from './feed.js';
import type { Hub, Registration } from './hub.js';
import type { Delivery, Member } from './local-chat.js';
import { Outbox } from './outbox.js';
import type { AnnouncePresence } from './presence.js';
import { toTicks } from './ticker.js';
import { TokenBucket } from './token-bucket.js';
import type { SocketLimits } from './types.js';
import type { Typing } from './typing.js';
import type { Work } from './work.js';

/** Commands of one socket that may be waiting for their reply; what comes on top is `overloaded`. */
const MAX_IN_FLIGHT = 256;

export interface ConnectionDeps {
  readonly services: Pick<Services, 'users' | 'messages' | 'realtime'>;
  readonly hub: Hub;
  readonly typing: Typing;
  readonly announcePresence: AnnouncePresence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: SocketLimits;
  readonly work: Work;
  /** True from the moment a stop began: what is running is finished, nothing new begins. */
  readonly isStopping: () => boolean;
}

/** What the upgrade asked for; null where it names nothing usable. */
export interface SocketRequest {
  readonly token: string | null;
  readonly chatId: number | null;
  readonly place: Place;
}

/**
 * One socket on one chat.
 *
 *   authenticating   Nobody is known. The frames kept, their bytes, their rate and the time are bounded, so that sockets
 *                    opened in bulk cost next to nothing.
 *   joining          Registered with the hub, which delivers into a buffer; then the membership is read. Never the other
 *                    way round: a removal that commits in between would be missed for ever.
 *   live             Events go out in order of rev, commands are answered.
 *   closing          Nothing is delivered or read any more; the transport reports the end.
 */
export class Connection implements SocketListener, Member {
  private state: 'authenticating' | 'joining' | 'live' | 'closing' = 'authenticating';
  private actor: Identity | null = null;
  private registration: Registration | null = null;
  private context: CommandContext | null = null;
  private ticksToLive = 0;
  private inFlight = 0;
  private readonly early = new EarlyFrames();
  private readonly feed: Feed;
  private readonly bucket: TokenBucket;
  private readonly outbox: Outbox;

  constructor(
    private readonly deps: ConnectionDeps,
    private readonly socket: Socket,
    private readonly request: SocketRequest,
    private readonly onClosed: (connection: Connection) => void,
  ) {
    const { limits, clock } = deps;
    this.feed = new Feed(limits.maxQueuedBytes);
    this.bucket = new TokenBucket(limits.framesPerSecond, clock);
    const bounds = { maxQueuedBytes: limits.maxQueuedBytes, slowTicks: toTicks(limits.slowReaderMs) };
    this.outbox = new Outbox(socket, bounds, (queuedBytes) => {
      deps.logger.warn({ ...this.facts(), queuedBytes }, 'a socket reads too slowly');
      this.close('slow_reader');
    });
  }

  get userId(): number {
    return this.actor?.userId ?? 0;
  }

  get isLive(): boolean {
    return this.state === 'live';
  }

  /** Authenticates, joins and goes live, or closes with the reason. Never rejects. */
  async join(): Promise<void> {
    try {
      const { token, chatId, place } = this.request;
      if (token === null) throw new AppError('not_authenticated');
      const actor = await this.deps.services.users.authenticate(token);
      if (this.isClosing()) return;
      this.actor = actor;
      if (!place.authenticate(actor.userId)) return this.close('too_many');
      if (chatId === null) throw new AppError('chat_not_found');

      this.state = 'joining';
      const registration = this.deps.hub.register(chatId, this);
      this.registration = registration;
      await registration.subscribed;
      if (this.isClosing()) return;
      const rev = await this.readMembership(registration, actor, chatId);
      if (!this.isClosing()) this.goLive(registration, actor, chatId, rev);
    } catch (error) {
      if (isUnexpected(error)) this.deps.logger.error({ ...this.facts(), err: error }, 'a socket could not join');
      this.close(toCloseName(error));
    }
  }

  message(data: Uint8Array, binary: boolean): void {
    if (this.isClosing() || this.isExpired()) return;
    if (!this.bucket.take()) return this.close('too_many');
    if (this.state === 'live') void this.run(data, binary);
    else if (!this.early.add(data, binary)) this.close('too_many');
  }

  drained(): void {
    this.outbox.drained();
  }

  closed(code: number): void {
    this.deps.logger.debug({ ...this.facts(), code }, 'socket closed');
    this.state = 'closing';
    this.leave();
    this.request.place.leave();
    this.onClosed(this);
  }

  deliver(delivery: Delivery): void {
    if (this.isClosing()) return;
    if (!this.feed.isWaiting) this.pass(delivery);
    else if (!this.feed.keep(delivery)) this.close('slow_reader');
  }

  /** To be called once per tick. */
  tick(): void {
    if (this.isClosing()) return;
    if (this.state === 'live') {
      if (!this.isExpired()) this.outbox.tick();
      return;
    }
    this.ticksToLive += 1;
    const limit = toTicks(this.deps.limits.authenticateMs);
    if (limit > 0 && this.ticksToLive > limit) this.close('internal');
  }

  close(name: CloseName): void {
    if (this.isClosing()) return;
    this.state = 'closing';
    const { code, reason } = CLOSE_CODES[name];
    this.socket.close(code, reason);
    this.early.take();
    this.leave();
    // Who is unknown keeps the place until the transport reports the end: closing does not make room for the next flood.
    if (this.actor !== null) this.request.place.leave();
  }

  /** Once more when others joined meanwhile and events have gone by that this read does not hold. */
  private async readMembership(registration: Registration, actor: Identity, chatId: number): Promise<number> {
    const { rev } = await this.deps.services.realtime.join(actor, chatId);
    if (registration.covers(rev)) return rev;
    const again = await this.deps.services.realtime.join(actor, chatId);
    if (registration.covers(again.rev)) return again.rev;
    throw new AppError('unavailable');
  }

  private goLive(registration: Registration, actor: Identity, chatId: number, rev: number): void {
    registration.observe(rev);
    this.state = 'live';
    this.context = { ...this.deps, actor, chatId, owner: this, rev: () => this.feed.position };
    for (const delivery of this.feed.start(rev)) this.deliver(delivery);
    if (this.isClosing() || this.isExpired()) return;
    if (registration.enter()) this.deps.announcePresence(actor, chatId, 'joined');
    this.deps.logger.debug({ ...this.facts(), rev }, 'socket live');
    for (const { data, binary } of this.early.take()) void this.run(data, binary);
  }

  private pass(delivery: Delivery): void {
    const { event, frame } = delivery;
    if (!isDurable(event)) {
      if (event.userId !== this.userId && !this.isExpired()) this.outbox.send(frame, 'ephemeral');
      return;
    }
    const verdict = this.feed.judge(delivery);
    if (verdict === 'late' || this.isExpired()) return;
    if (verdict === 'hole') return this.close('slow_reader');
    this.outbox.send(frame);
    if (event.type === 'participant_removed' && event.userId === this.userId) this.close('no_access');
    else if (event.type === 'new_message' && event.message.senderId === this.userId) {
      this.deps.typing.stop(this.userId, event.chatId);
    }
  }

  private async run(data: Uint8Array, binary: boolean): Promise<void> {
    if (this.context === null) return;
    const { work, isStopping } = this.deps;
    const refusal = isStopping() ? 'shutting_down' : this.inFlight >= MAX_IN_FLIGHT ? 'overloaded' : null;
    this.inFlight += 1;
    work.begin();
    const reply = await dispatch(this.context, data, binary, refusal);
    if (reply !== null) this.reply(reply);
    this.inFlight -= 1;
    work.end();
  }

  private reply(frame: ServerFrame): void {
    if (!this.isClosing() && !this.isExpired()) this.outbox.send(encodeFrame(frame));
  }

  private leave(): void {
    const { actor, registration } = this;
    const { chatId } = this.request;
    if (actor === null || registration === null || chatId === null) return;
    this.registration = null;
    this.deps.typing.disconnect(actor.userId, chatId, this);
    if (registration.leave()) this.deps.announcePresence(actor, chatId, 'left');
  }

  /** Nothing is read or delivered once the token has ended, whatever the tick. */
  private isExpired(): boolean {
    if (this.actor === null || this.deps.clock.now() < this.actor.expiresAt.getTime()) return false;
    this.close('token_expired');
    return true;
  }

  /** A method, because the state changes behind the compiler's back while a function waits. */
  private isClosing(): boolean {
    return this.state === 'closing';
  }

  private facts(): { readonly socket: number; readonly userId: number; readonly chatId: number | null } {
    return { socket: this.socket.id, userId: this.userId, chatId: this.request.chatId };
  }
}
