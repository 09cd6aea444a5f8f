import type { Clock } from '../ports/clock.js';
import { ShortMemory } from './short-memory.js';

const WINDOW_MS = 3_600_000;

/** Failures in windows that open with the first one, and looks under way that may become failures. */
export class Failures {
  private readonly counts: ShortMemory<number>;
  private readonly looks = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    maxKeys: number,
  ) {
    this.counts = new ShortMemory(clock, maxKeys);
  }

  count(key: string): number {
    return this.counts.get(key)?.value ?? 0;
  }

  underWay(key: string): number {
    return this.looks.get(key) ?? 0;
  }

  /** Milliseconds until the window ends. */
  remaining(key: string): number {
    const entry = this.counts.get(key);
    return entry === null ? 0 : entry.until - this.clock.monotonic();
  }

  begin(key: string): void {
    this.looks.set(key, this.underWay(key) + 1);
  }

  end(key: string): void {
    const left = this.underWay(key) - 1;
    if (left === 0) this.looks.delete(key);
    else this.looks.set(key, left);
  }

  add(key: string): void {
    const entry = this.counts.get(key);
    this.counts.set(key, (entry?.value ?? 0) + 1, entry?.until ?? this.clock.monotonic() + WINDOW_MS);
  }
}
