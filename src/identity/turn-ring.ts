import type { HashTurn } from '../ports/password-hasher.js';

/** Work that waits for its turn. */
export interface Job {
  readonly turn: HashTurn;
  /** When it is too late to begin, by the monotonic clock. */
  readonly deadline: number;
  /** Begins now. */
  start(): void;
  reject(error: unknown): void;
}

/** The waiting work of one network, by account; a Map keeps the order of turns. */
class Lane {
  readonly accounts = new Map<string, Job[]>();
  size = 0;
}

/** Waiting work in which networks take turns, and within a network its accounts. */
export class TurnRing {
  private readonly lanes = new Map<string, Lane>();
  size = 0;

  get networks(): number {
    return this.lanes.size;
  }

  add(job: Job): void {
    const { network } = job.turn;
    const account = nameOf(job.turn);
    const lane = this.lanes.get(network) ?? new Lane();
    this.lanes.set(network, lane);
    const waiting = lane.accounts.get(account);
    if (waiting === undefined) lane.accounts.set(account, [job]);
    else waiting.push(job);
    lane.size += 1;
    this.size += 1;
  }

  /** The next that `mayBegin`, whose network and account then come last; null where nobody may. */
  take(mayBegin: (job: Job) => boolean): Job | null {
    for (const lane of this.lanes.values()) {
      for (const waiting of lane.accounts.values()) {
        const job = waiting[0];
        if (job === undefined || !mayBegin(job)) continue;
        this.remove(job);
        this.putLast(job.turn);
        return job;
      }
    }
    return null;
  }

  /** Everybody who waits now comes before this network, and within it before this account. */
  putLast(turn: HashTurn): void {
    const account = nameOf(turn);
    const lane = this.lanes.get(turn.network);
    const waiting = lane?.accounts.get(account);
    if (lane === undefined) return;
    if (waiting !== undefined && lane.accounts.delete(account)) lane.accounts.set(account, waiting);
    this.lanes.delete(turn.network);
    this.lanes.set(turn.network, lane);
  }

  remove(job: Job): void {
    const { network } = job.turn;
    const account = nameOf(job.turn);
    const lane = this.lanes.get(network);
    const waiting = lane?.accounts.get(account);
    const at = waiting?.indexOf(job) ?? -1;
    if (lane === undefined || waiting === undefined || at < 0) return;
    waiting.splice(at, 1);
    lane.size -= 1;
    this.size -= 1;
    if (waiting.length === 0) lane.accounts.delete(account);
    if (lane.size === 0) this.lanes.delete(network);
  }

  /** How many of those who wait would have their turn before a newcomer, and how many of them are of the newcomer's own account. */
  ahead(turn: HashTurn): { readonly all: number; readonly own: number } {
    const lane = this.lanes.get(turn.network);
    const own = lane?.accounts.get(nameOf(turn))?.length ?? 0;
    let inLane = own;
    for (const [account, waiting] of lane?.accounts ?? []) {
      if (account !== nameOf(turn)) inLane += Math.min(waiting.length, own + 1);
    }
    let all = inLane;
    for (const other of this.lanes.values()) if (other !== lane) all += Math.min(other.size, inLane + 1);
    return { all, own };
  }
}

/** Work without an account of its own, a registration, takes one turn among them. */
function nameOf({ account }: HashTurn): string {
  return account === null ? '' : `=${account}`;
}
