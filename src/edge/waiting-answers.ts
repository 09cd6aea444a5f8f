import { Crowd, type Crowded } from './crowd.js';
import { readSendQueues, type SendQueues } from './send-queues.js';
import type { Report } from './rules.js';

/** An answer that its peer has not taken whole. */
export interface WaitingAnswer extends Crowded {
  /** Null where the transport does not know it. */
  readonly peerPort: number | null;
  /** What the process may hold of it, at most. */
  readonly bytes: number;
  /** Bytes that the system has taken from the process so far; only changes count. */
  given(): number;
  /** Called every second while it waits and is not cut: the transport's own clocks are not to end it. */
  keep(): void;
}

interface Watched {
  given: number;
  /** When the peer was last seen to take something, and when the process itself last saw room for more. */
  movedAt: number;
  roomAt: number;
}

/** How long a peer may take nothing of its answer before its connection is cut. */
export const STALL_MS = 10_000;
/** The same while the answers of all peers together are more than the bound. */
const CROWDED_STALL_MS = 2_000;
/** Bytes of unfinished answers that may wait for slow peers with all of their patience. */
const CROWD_BYTES = 32 * 1_048_576;
/** And that may wait at all, however steadily their peers read: sixteen of the largest pages, or two hundred of 300 KB. */
const MOST_BYTES = 64 * 1_048_576;
/** Where the peer's port is not known, another connection of its address that moves may speak for it: not for ever. */
const VOUCHED_MS = 120_000;
const LOOK_MS = 1_000;
/** An empty or nearly empty queue says nothing of an answer: the system takes more as soon as a third is free. */
const LEAST_QUEUE = 4_096;

/** What was seen of one address: the queues of its connections, and when one of them last changed. */
interface Seen {
  readonly queues: ReadonlyMap<number, number>;
  readonly changedAt: ReadonlyMap<number, number>;
}

/**
 * Finds peers that take nothing of their answers. A whole answer has no time limit: it goes on for as long as its peer
 * takes bytes. Whether it does is not seen from the process alone: the system takes more only when a third of its own
 * queue is free, and on a fast path that queue is 2.5 MB, so that a reader of 60 KB/s seems to stand still for 14 s and
 * one of 20 KB/s for 43 s. The system's table tells what the peer has acknowledged. One timer for all of them.
 *
 * Whoever reads steadily and slowly holds memory as well: what waits for all peers is bounded, see {@link Crowd}.
 */
export class WaitingAnswers {
  private readonly answers = new Map<WaitingAnswer, Watched>();
  private seen: ReadonlyMap<string, Seen> = new Map();
  private readonly crowd: Crowd;
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private lookedAt = 0;

  /** `localPort` is asked for when it is needed: a listener knows its port only once it listens. */
  constructor(
    private readonly localPort: () => number,
    private readonly report: Report,
    private readonly read: (localPort: number) => Promise<SendQueues | null> = readSendQueues,
    mostBytes = MOST_BYTES,
  ) {
    this.crowd = new Crowd(mostBytes);
  }

  add(answer: WaitingAnswer): void {
    if (this.answers.has(answer)) return;
    const now = performance.now();
    this.answers.set(answer, { given: answer.given(), movedAt: now, roomAt: now });
    if (this.timer === undefined) {
      this.lookedAt = now;
      this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
    }
    this.crowd.hold(answer, answer.bytes);
  }

  remove(answer: WaitingAnswer): void {
    if (!this.answers.delete(answer)) return;
    this.crowd.release(answer);
    if (this.answers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.seen = new Map();
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    this.forgiveLateness();
    try {
      if (this.noteRoom()) this.noteQueues(await this.read(this.localPort()));
      this.cutStalled();
      for (const answer of [...this.answers.keys()]) answer.keep();
    } catch (error) {
      this.report('The peers of waiting answers could not be looked at', error);
    } finally {
      this.looking = false;
    }
  }

  /** Time in which the process did not get to write is not the peers'. */
  private forgiveLateness(): void {
    const now = performance.now();
    const late = now - this.lookedAt - LOOK_MS;
    this.lookedAt = now;
    if (late <= 0) return;
    for (const watched of this.answers.values()) watched.movedAt = Math.min(now, watched.movedAt + late);
  }

  /** True where some answer has not moved as far as the process can see. */
  private noteRoom(): boolean {
    const now = performance.now();
    let still = false;
    for (const [answer, watched] of this.answers) {
      const given = answer.given();
      if (given === watched.given) {
        still ||= now - watched.movedAt >= LOOK_MS;
      } else {
        watched.given = given;
        watched.movedAt = watched.roomAt = now;
      }
    }
    return still;
  }

  private noteQueues(queues: SendQueues | null): void {
    if (queues === null) return;
    const now = performance.now();
    const seen = new Map<string, Seen>();
    // Where ports are not known, as many answers of an address are taken for moving as connections of it move: the
    // ones that moved last. One reader so speaks for one answer, not for a hundred that nobody reads.
    const vouchers = new Map<string, number[]>();
    const latestFirst = [...this.answers].sort(([, one], [, other]) => other.roomAt - one.roomAt);
    for (const [{ peerAddress, peerPort }, watched] of latestFirst) {
      const of = seen.get(peerAddress) ?? compare(queues.get(peerAddress), this.seen.get(peerAddress), now);
      seen.set(peerAddress, of);
      const moves = vouchers.get(peerAddress) ?? [...of.changedAt.values()].sort((one, other) => one - other);
      vouchers.set(peerAddress, moves);
      const change = peerPort === null ? moves.pop() : of.changedAt.get(peerPort);
      if (peerPort === null && now - watched.roomAt > VOUCHED_MS) continue;
      if (change !== undefined) watched.movedAt = Math.max(watched.movedAt, change);
    }
    this.seen = seen;
  }

  private cutStalled(): void {
    const now = performance.now();
    for (const [answer, { movedAt }] of [...this.answers].sort(([, one], [, other]) => one.movedAt - other.movedAt)) {
      if (now - movedAt < (this.crowd.bytes > CROWD_BYTES ? CROWDED_STALL_MS : STALL_MS)) return;
      this.remove(answer);
      answer.cut();
    }
  }
}

/** A queue that is new has not changed: its peer has taken nothing yet that was seen. */
function compare(queues: ReadonlyMap<number, number> | undefined, before: Seen | undefined, now: number): Seen {
  const changedAt = new Map<number, number>();
  for (const [port, queued] of queues ?? []) {
    const earlier = before?.queues.get(port);
    if (earlier === undefined || (queued < LEAST_QUEUE && earlier < LEAST_QUEUE)) continue;
    const changed = queued === earlier ? before?.changedAt.get(port) : now;
    if (changed !== undefined) changedAt.set(port, changed);
  }
  return { queues: queues ?? new Map(), changedAt };
}
