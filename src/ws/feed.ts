import { isDurable } from '../domain/events.js';
import type { Delivery } from './local-chat.js';

/** What to do with one event: `late` frames were seen before, after a `hole` nothing may be delivered any more. */
export type FeedVerdict = 'deliver' | 'late' | 'hole';

/**
 * One connection's view of its chat's events. Until the membership has been read they are kept; then those that the read
 * has already seen are dropped and the rest goes out, each rev exactly one above the one before.
 */
export class Feed {
  private readonly kept: Delivery[] = [];
  private keptBytes = 0;
  private rev: number | null = null;

  constructor(private readonly maxKeptBytes: number) {}

  /** Whether events are kept instead of judged. */
  get isWaiting(): boolean {
    return this.rev === null;
  }

  /** The rev of the last event that was let through, or the one it started from. */
  get position(): number {
    return this.rev ?? 0;
  }

  /** False: more was published while joining than one socket may queue. Ephemeral events are not worth keeping. */
  keep(delivery: Delivery): boolean {
    if (!isDurable(delivery.event)) return true;
    this.keptBytes += delivery.frame.byteLength;
    this.kept.push(delivery);
    return this.maxKeptBytes === 0 || this.keptBytes <= this.maxKeptBytes;
  }

  /** The connection's state of the chat is that of `rev`. Answers what was kept; each is still to be judged. */
  start(rev: number): readonly Delivery[] {
    this.rev = rev;
    return this.kept.splice(0);
  }

  judge({ event }: Delivery): FeedVerdict {
    if (!isDurable(event)) return 'deliver';
    const rev = this.position;
    if (event.rev <= rev) return 'late';
    if (event.rev > rev + 1) return 'hole';
    this.rev = event.rev;
    return 'deliver';
  }
}
