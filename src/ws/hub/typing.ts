import type { Identity } from '../../domain/user.js';
import type { Logger } from '../../ports/logger.js';
import { LIMITS } from '../../protocol/limits.js';
import type { Services } from '../../services/services.js';
import { toTicks } from '../ticker.js';

const STOP_TICKS = toTicks(LIMITS.typingMs);
/** A start that is repeated with every key is passed on this seldom; who missed the first one learns of it then. */
const REPEAT_TICKS = STOP_TICKS / 2;

interface Typist {
  readonly actor: Identity;
  readonly chatId: number;
  /** The connection that started last: only its end stops the typing. */
  owner: object;
  sinceStart: number;
  sinceAnnounced: number;
}

/**
 * Who is typing where, on this node. A start without a stop ends by itself: after LIMITS.typingMs, when the user's
 * message arrives (by whichever way it was sent), and when the connection is gone.
 */
export class Typing {
  private readonly typists = new Map<string, Typist>();

  constructor(
    private readonly services: Pick<Services, 'realtime'>,
    private readonly logger: Logger,
  ) {}

  start(actor: Identity, chatId: number, owner: object): void {
    const known = this.typists.get(keyOf(actor.userId, chatId));
    if (known !== undefined) {
      known.owner = owner;
      known.sinceStart = 0;
      if (known.sinceAnnounced < REPEAT_TICKS) return;
      known.sinceAnnounced = 0;
    } else {
      const typist = { actor, chatId, owner, sinceStart: 0, sinceAnnounced: 0 };
      this.typists.set(keyOf(actor.userId, chatId), typist);
    }
    this.announce(actor, chatId, 'start');
  }

  /** Does nothing for who is not typing. */
  stop(userId: number, chatId: number): void {
    const typist = this.typists.get(keyOf(userId, chatId));
    if (typist !== undefined) this.end(typist);
  }

  /** The connection is gone; another one of the same user that took over keeps typing. */
  disconnect(userId: number, chatId: number, owner: object): void {
    const typist = this.typists.get(keyOf(userId, chatId));
    if (typist?.owner === owner) this.end(typist);
  }

  /** To be called once per tick. */
  tick(): void {
    for (const typist of [...this.typists.values()]) {
      typist.sinceStart += 1;
      typist.sinceAnnounced += 1;
      if (typist.sinceStart > STOP_TICKS) this.end(typist);
    }
  }

  private end({ actor, chatId }: Typist): void {
    this.typists.delete(keyOf(actor.userId, chatId));
    this.announce(actor, chatId, 'stop');
  }

  private announce(actor: Identity, chatId: number, state: 'start' | 'stop'): void {
    this.services.realtime.typing(actor, chatId, state).catch((error: unknown) => {
      this.logger.warn({ err: error, chatId, userId: actor.userId }, 'typing could not be announced');
    });
  }
}

function keyOf(userId: number, chatId: number): string {
  return `${String(chatId)}:${String(userId)}`;
}
