import { toTicks } from '../ticker.js';
import type { AccountCheck } from './account-check.js';
import type { Hub } from './index.js';

/** The store is compared with at least this often, however seldom or never the sockets are told. */
const COMPARE_MS = 5_000;
/**
 * A socket gets a frame at every fifth heartbeat, a fifth of all sockets at a time: 10,000 idle ones cost 400 frames
 * a second at the default of five seconds, and each knows within 25 s that nothing is missing.
 */
const TURNS = 5;

interface Listening {
  heartbeat(count: number, turns: number): void;
}

/**
 * Compares this node's chats and users with the store and then tells sockets up to where they are: only what was compared is
 * told, so while the store cannot be asked there is silence.
 */
export class Heartbeat {
  private readonly period: number;
  /** Comparisons for one heartbeat. */
  private readonly perBeat: number;
  private ticks = 0;
  private compared = 0;
  private count = 0;

  /** `everyMs` 0: nobody is told. */
  constructor(
    private readonly checks: { readonly hub: Pick<Hub, 'checkAll'>; readonly accounts: Pick<AccountCheck, 'all'> },
    private readonly everyMs: number,
    private readonly sockets: ReadonlySet<Listening>,
  ) {
    this.perBeat = Math.max(1, Math.ceil(everyMs / COMPARE_MS));
    this.period = toTicks(everyMs === 0 ? COMPARE_MS : everyMs / this.perBeat);
  }

  /** To be called once per tick. */
  tick(): void {
    this.ticks += 1;
    if (this.ticks % this.period === 0) void this.beat();
  }

  private async beat(): Promise<void> {
    // With nobody here there is nothing to compare, and an idle server leaves its database alone.
    if (this.sockets.size === 0) return;
    void this.checks.accounts.all();
    if (!(await this.checks.hub.checkAll()) || this.everyMs === 0) return;
    this.compared += 1;
    if (this.compared < this.perBeat) return;
    this.compared = 0;
    this.count += 1;
    for (const socket of [...this.sockets]) socket.heartbeat(this.count, TURNS);
  }
}
