import type { Clock } from '../ports/clock.js';

/**
 * A map whose entries end by themselves, and that holds at most `maxKeys`: keys come from strangers. The one that was
 * set longest ago is forgotten first.
 */
export class ShortMemory<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly until: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly maxKeys: number,
  ) {}

  /** With the time at which it ends, by the monotonic clock. */
  get(key: string): { readonly value: V; readonly until: number } | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    if (entry.until > this.clock.monotonic()) return entry;
    this.entries.delete(key);
    return null;
  }

  set(key: string, value: V, until: number): void {
    this.entries.delete(key);
    this.entries.set(key, { value, until });
    if (this.entries.size <= this.maxKeys) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
