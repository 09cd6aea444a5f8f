import type { Hub } from './hub.js';
import { toTicks } from './ticker.js';

/** Without heartbeats the store is compared with all the same. */
const QUIET_MS = 5_000;
/**
 * A socket gets a frame after every fifth comparison, a fifth of all sockets at a time: 10,000 idle ones cost 400 frames
 * a second at the default of five seconds, and each knows within 25 s that nothing is missing.
 */
const TURNS = 5;

interface Listening {
  heartbeat(count: number, turns: number): void;
}

/**
 * Compares this node's chats with the store and then tells sockets up to where they are: only what was compared is
 * told, so while the store cannot be asked there is silence.
 */
export class Heartbeat {
  private readonly period: number;
  private ticks = 0;
  private count = 0;

  /** `everyMs` 0: nobody is told. */
  constructor(
    private readonly hub: Pick<Hub, 'checkAll'>,
    private readonly everyMs: number,
    private readonly sockets: ReadonlySet<Listening>,
  ) {
    this.period = toTicks(everyMs === 0 ? QUIET_MS : everyMs);
  }

  /** To be called once per tick. */
  tick(): void {
    this.ticks += 1;
    if (this.ticks % this.period === 0) void this.beat();
  }

  private async beat(): Promise<void> {
    // With nobody here there is nothing to compare, and an idle server leaves its database alone.
    if (this.sockets.size === 0) return;
    const compared = await this.hub.checkAll();
    if (!compared || this.everyMs === 0) return;
    this.count += 1;
    for (const socket of [...this.sockets]) socket.heartbeat(this.count, TURNS);
  }
}
