import { networksOf } from '../domain/client-address.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

/** Lines that one address may cause at once, and in each second after that: 12 KB a second at 250 bytes a line. */
const BURST_LINES = 1_000;
const LINES_PER_SECOND = 50;
/** Addresses that are told apart; a stranger with more of them shares one budget among the rest. */
const MOST_ADDRESSES = 10_000;
const REST = 'rest';
/** What was left out is told this often. */
const TELL_MS = 10_000;

interface Bucket {
  lines: number;
  filledAt: number;
}

/**
 * Bounds the log lines that requests cause, by the address they come from (IPv6: its /64, as for logins): a client that
 * asks as fast as it can would write 9 MB of log a second. What is left out is counted, and the count told in a line of
 * its own. An address that stays within its budget misses nothing.
 */
export class LogBudget {
  private readonly buckets = new Map<string, Bucket>();
  private leftOut = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deps: { readonly logger: Logger; readonly clock: Clock },
    private readonly tellMs = TELL_MS,
  ) {}

  /** True where one more line may be written for this address. */
  allows(address: string): boolean {
    const now = this.deps.clock.monotonic();
    const bucket = this.bucketOf(address, now);
    bucket.lines = Math.min(BURST_LINES, bucket.lines + ((now - bucket.filledAt) * LINES_PER_SECOND) / 1_000);
    bucket.filledAt = now;
    if (bucket.lines >= 1) {
      bucket.lines -= 1;
      return true;
    }
    this.leftOut += 1;
    this.timer ??= setTimeout(() => this.tell(), this.tellMs).unref();
    return false;
  }

  private bucketOf(address: string, now: number): Bucket {
    const known = this.buckets.get(address);
    if (known !== undefined) return known;
    // Parsing takes longer than the rest: only for what is not known by the text that it comes as.
    const key = address.includes(':') ? networksOf(address)[0].key : address;
    const ofKey = this.buckets.get(key);
    if (ofKey !== undefined) return ofKey;
    if (this.buckets.size >= MOST_ADDRESSES) this.forgetFull(now);
    const bucket = { lines: BURST_LINES, filledAt: now };
    const name = this.buckets.size >= MOST_ADDRESSES ? REST : key;
    const shared = this.buckets.get(name);
    if (shared !== undefined) return shared;
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** A full bucket says nothing that a new one would not. */
  private forgetFull(now: number): void {
    for (const [address, { lines, filledAt }] of this.buckets) {
      if (lines + ((now - filledAt) * LINES_PER_SECOND) / 1_000 >= BURST_LINES) this.buckets.delete(address);
    }
  }

  private tell(): void {
    this.timer = undefined;
    const { leftOut } = this;
    this.leftOut = 0;
    this.deps.logger.warn({ leftOut }, 'some requests are left out of the log: their addresses make too many');
  }
}
