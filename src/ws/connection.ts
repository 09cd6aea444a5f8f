import { AppError } from '../domain/errors.js';
import type { Identity } from '../domain/user.js';
import type { Socket, SocketListener } from '../ports/listener.js';
import { CLOSE_CODES, type CloseName } from '../protocol/close-codes.js';
import type { ServerFrame } from '../protocol/events.js';
import type { Place } from './socket/admission.js';
import { encodeFrame } from './codec.js';
import type { CommandContext } from './commands/context.js';
import type { ConnectionDeps } from './connection-deps.js';
import { dispatchFrame } from './commands/dispatch.js';
import { EarlyFrames } from './socket/early-frames.js';
import { isUnexpected, toCloseName } from './errors.js';
import { FewLines } from './socket/few-lines.js';
import type { Link } from './socket/link.js';
import { Outbox, type Importance } from './socket/outbox.js';
import { ReadProof } from './socket/read-proof.js';
import { openScope, type SocketTarget } from './feeds/open-scope.js';
import type { Scope } from './feeds/scope.js';
import { toTicks } from './ticker.js';
import { TokenBucket } from './socket/token-bucket.js';

/** Commands of one socket that may be waiting for their reply; what comes on top is `overloaded`. */
const MAX_IN_FLIGHT = 256;

/**
 * One socket, on one chat or on all chats of its user (its scope).
 *
 *   authenticating   Nobody is known. The frames kept, their bytes, their rate and the time are bounded, so that sockets
 *                    opened in bulk cost next to nothing.
 *   joining          The scope registers with the hub, which delivers into a buffer; then the membership is read. Never
 *                    the other way round: a removal that commits in between would be missed for ever.
 *   live             Events go out in order of rev, commands are answered.
 *   closing          Nothing is delivered or read any more; the transport reports the end.
 */
export class Connection implements SocketListener, Link {
  private state: 'authenticating' | 'joining' | 'live' | 'closing' = 'authenticating';
  private actor: Identity | null = null;
  private scope: Scope | null = null;
  private context: CommandContext | null = null;
  private ticksToLive = 0;
  private isInLine = false;
  private inFlight = 0;
  private early: EarlyFrames | null = null;
  private readonly proof = new ReadProof();
  private readonly bucket: TokenBucket;
  private readonly outbox: Outbox;

  constructor(
    private readonly deps: ConnectionDeps,
    private readonly socket: Socket,
    private readonly target: SocketTarget,
    private readonly place: Place,
    private readonly onClosed: (connection: Connection) => void,
  ) {
    this.bucket = new TokenBucket(deps.limits.framesPerSecond, deps.clock);
    this.outbox = new Outbox(socket, deps.outbox, (queuedBytes) => {
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

  get queuedBytes(): number {
    return this.outbox.queuedBytes;
  }

  /** Authenticates, joins and goes live, or closes with the reason; `token` null: none that could be one. Never rejects. */
  async join(token: string | null): Promise<void> {
    const { target, place } = this;
    try {
      if (token === null) throw new AppError('not_authenticated');
      const actor = await this.deps.services.users.authenticate(token);
      await this.deps.limiter.take(actor.userId, 'changes');
      if (this.isClosing()) return;
      this.actor = actor;
      if (!place.authenticate(actor.userId)) return this.close('too_many');
      if (target.kind === 'malformed') return this.close('bad_request');
      this.state = 'joining';
      this.scope = openScope(this.deps, this, { actor, owner: this }, target);
      await this.scope.open();
    } catch (error) {
      if (isUnexpected(error)) this.deps.logger.error({ ...this.facts(), err: error }, 'a socket could not join');
      this.close(toCloseName(error));
    }
  }

  goLive(actor: Identity): void {
    if (!this.isOpen() || this.scope === null) return;
    this.state = 'live';
    this.deps.census.came(actor.userId);
    const { services, limiter, hub, typing, clock, logger: log } = this.deps;
    const logger = new FewLines(log);
    // Written out: each spread of the dependencies is an object of a shape of its own, 600 bytes a socket.
    this.context = { actor, scope: this.scope, owner: this, services, limiter, hub, typing, clock, logger };
    log.debug(this.facts(), 'socket live');
    const early = this.early?.take() ?? [];
    this.early = null;
    for (const { data, binary } of early) void this.run(data, binary);
  }

  message(data: Uint8Array, binary: boolean): void {
    if (!this.admits()) return;
    if (this.state === 'live') void this.run(data, binary);
    else if (!(this.early ??= new EarlyFrames()).add(data, binary)) this.close('too_many');
  }

  drained(): void {
    this.outbox.drained();
  }

  ping(): void {
    if (this.admits()) this.outbox.grown();
  }

  pong(isAnswer: boolean): void {
    // Free, and never more of them than questions.
    if (isAnswer) this.proof.answered();
    else this.admits();
  }

  closed(code: number): void {
    this.deps.logger.debug({ ...this.facts(), code }, 'socket closed');
    this.end();
    this.place.leave();
    this.onClosed(this);
  }

  /** To be called once per tick. */
  tick(): void {
    if (this.isClosing()) return;
    this.outbox.tick();
    if (this.isClosing()) return;
    if (this.state !== 'live') {
      // The line is ours, not the peer's doing; who is closed for standing in it comes again and makes it longer.
      if (!this.isInLine) this.ticksToLive += 1;
      const limit = toTicks(this.deps.limits.authenticateMs);
      if (limit > 0 && this.ticksToLive > limit) this.close('internal');
      return;
    }
    if (!this.isOpen()) return;
    if (this.deps.limits.slowReaderMs > 0 && !this.proof.tick(this.socket)) this.close('slow_reader');
    else this.scope?.tick();
  }

  /** After each comparison with the store; every socket has its own turn of `turns`. */
  heartbeat(count: number, turns: number): void {
    if (this.state !== 'live' || this.scope === null || (this.socket.id + count) % turns !== 0) return;
    const frame = this.scope.heartbeat();
    if (frame !== null) this.send(encodeFrame(frame), 'ephemeral');
  }

  /** Nothing is read or delivered once the token has ended, whatever the tick. */
  isOpen(now = this.deps.clock.now()): boolean {
    if (this.state === 'closing') return false;
    if (this.actor === null || now < this.actor.expiresAt) return true;
    this.close('token_expired');
    return false;
  }

  send(frame: Uint8Array, importance?: Importance): void {
    if (this.state !== 'closing') this.outbox.send(frame, importance);
  }

  sendLatest(key: string, frame: Uint8Array): void {
    if (this.state !== 'closing') this.outbox.sendLatest(key, frame);
  }

  tell(frame: ServerFrame): void {
    if (this.isOpen()) this.outbox.send(encodeFrame(frame));
  }

  standInLine(isInLine: boolean): void {
    this.isInLine = isInLine;
  }

  room(): Promise<void> {
    return this.outbox.room();
  }

  close(name: CloseName): void {
    if (this.isClosing()) return;
    const { code, reason } = CLOSE_CODES[name];
    this.deps.census.closed(name);
    this.socket.close(code, reason);
    this.end();
    // Who is unknown keeps the place until the transport reports the end: closing does not make room for the next flood.
    if (this.actor !== null) this.place.leave();
  }

  /** One more frame of the peer, of whatever kind. False: nothing is to be done for it. */
  private admits(): boolean {
    if (!this.isOpen()) return false;
    if (this.bucket.take()) {
      this.proof.heard();
      return true;
    }
    this.close('too_many');
    return false;
  }

  private async run(data: Uint8Array, binary: boolean): Promise<void> {
    if (this.context === null) return;
    const { commands, isStopping } = this.deps;
    const refusal = isStopping() ? 'shutting_down' : this.inFlight >= MAX_IN_FLIGHT ? 'overloaded' : null;
    this.inFlight += 1;
    commands.begin();
    const reply = await dispatchFrame(this.context, data, binary, refusal);
    if (reply !== null) this.tell(reply);
    // The account was disabled since the token was looked at.
    if (reply?.type === 'error' && reply.code === 'not_authenticated') this.close('unauthenticated');
    this.inFlight -= 1;
    commands.end();
  }

  /** Once: lets go of everything but the socket itself. */
  private end(): void {
    if (this.state === 'live') this.deps.census.went(this.userId);
    if (this.isClosing()) return;
    this.state = 'closing';
    this.early = null;
    this.outbox.end();
    this.scope?.leave();
  }

  /** A method, because the state changes behind the compiler's back while a function waits. */
  private isClosing(): boolean {
    return this.state === 'closing';
  }

  private facts(): object {
    const { target } = this;
    return { socket: this.socket.id, userId: this.userId, chatId: target.kind === 'chat' ? target.chatId : null };
  }
}
