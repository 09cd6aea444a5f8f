import type { Socket } from '../../ports/listener.js';

/*
 * One socket's way out. What becomes of a frame depends on what waits before it.
 *
 *   accept     Nothing waits: the frame goes to the socket, which writes it in the order given.
 *   queue      Something waits: a durable frame joins it, up to `maxQueuedBytes` for all that wait. A replay asks for room
 *              first and leaves three quarters of the bound to live events.
 *   count      What the transport writes by itself, such as the answers to the peer's pings, waits in the same queue: it counts
 *              against both bounds as frames do.
 *   shed       Something waits: an ephemeral frame is dropped. A newest value waits here above a quarter of the bound, one
 *              per key and at most MAX_LATEST, and leaves once there is room again.
 *   evict      A durable frame finds no room, or the oldest byte has waited for `slowTicks`: reported once, and nothing is
 *              accepted any more. The connection closes, and its reader resumes from the last rev it has.
 *
 * I5: a durable frame is never left out between two others. It is sent in its turn, or it is the first of all those that
 * are not, behind which the socket only closes: what a reader has is a beginning of its events, without a hole.
 * I11: what waits for a socket is bounded in bytes (one frame alone may be larger), in keys and in time, and `end` lets go
 * of the values that wait here and wakes every replay that waits for room.
 */

/** Newest values that may wait for one socket; more are queued like durable frames, and so count against its bounds. */
const MAX_LATEST = 1_024;

/** `durable`: replies and events with a rev, never dropped. `ephemeral`: worth nothing once it is late. */
export type Importance = 'durable' | 'ephemeral';

export interface OutboxLimits {
  /** Bytes queued for one socket; 0 = no limit. */
  readonly maxQueuedBytes: number;
  /** How long the oldest queued byte may wait; 0 = no limit. */
  readonly slowTicks: number;
}

/** Everything written up to `bytes` must have left before its age in ticks reaches the limit. */
interface Mark {
  readonly bytes: number;
  age: number;
}

/**
 * One socket's way out, bounded in bytes and in time. A reader that falls behind is reported once and gets nothing more:
 * it connects again and reads on, which costs less than a hole nobody notices. Without the bound in time, one that
 * sends and never reads would hold a full queue for ever.
 */
export class Outbox {
  // Most sockets never wait for anything: what only a waiting one needs is made when it does.
  /** Oldest first, at most one per tick. */
  private marks: Mark[] | null = null;
  private failed = false;
  private waiting: (() => void)[] | null = null;
  /** What only counts in its newest form, by key: it waits here while the queue is long. */
  private latest: Map<string, Uint8Array> | null = null;
  private latestBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly limits: OutboxLimits,
    private readonly onSlow: (queuedBytes: number) => void,
  ) {}

  /** Bytes that wait for the reader, here and in the transport. */
  get queuedBytes(): number {
    return this.socket.queuedBytes() + this.latestBytes;
  }

  send(frame: Uint8Array, importance: Importance = 'durable'): void {
    if (this.failed) return;
    const queued = this.socket.queuedBytes();
    if (queued > 0) {
      if (importance === 'ephemeral') return;
      if (this.isTooMuch(queued + this.latestBytes + frame.byteLength)) return this.fail();
    }
    const result = this.socket.send(frame);
    switch (result) {
      case 'sent':
      case 'queued':
      case 'closed':
        return;
      case 'refused':
        // Only an ephemeral frame may be lost without a word.
        if (importance === 'durable') this.fail();
        return;
      default:
        result satisfies never;
    }
  }

  /** A frame that replaces the earlier ones of its key, as far as they have not left; never dropped. */
  sendLatest(key: string, frame: Uint8Array): void {
    if (this.failed) return;
    this.forgetLatest(key);
    if (this.hasRoom()) return this.send(frame);
    this.latest ??= new Map();
    if (this.latest.size >= MAX_LATEST) return this.send(frame);
    if (this.isTooMuch(this.queuedBytes + frame.byteLength)) return this.fail();
    this.latest.set(key, frame);
    this.latestBytes += frame.byteLength;
  }

  /** To be called when the transport has written something by itself. */
  grown(): void {
    if (!this.failed && this.isTooMuch(this.queuedBytes)) this.fail();
  }

  /** Resolves when a quarter of the bound at most is queued, so that live events still have room; or when all is over. */
  room(): Promise<void> {
    if (this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => (this.waiting ??= []).push(resolve));
  }

  /** The queue has become shorter: what has left needs no watching any more. */
  drained(): void {
    const { marks, latest } = this;
    const left = this.socket.writtenBytes() - this.socket.queuedBytes();
    while (marks?.[0] !== undefined && marks[0].bytes <= left) marks.shift();
    if (marks?.length === 0) this.marks = null;
    if (this.waiting !== null && this.hasRoom()) this.wake();
    if (latest === null) return;
    for (const [key, frame] of latest) {
      if (!this.hasRoom()) return;
      this.forgetLatest(key);
      this.send(frame);
    }
    this.latest = null;
  }

  /** Nothing is sent any more: whoever waits for room need not. */
  end(): void {
    this.failed = true;
    this.latest = null;
    this.latestBytes = 0;
    this.wake();
  }

  /** To be called once per tick. */
  tick(): void {
    if (this.failed) return;
    const { slowTicks } = this.limits;
    if (slowTicks === 0 && this.latest === null) return;
    this.drained();
    if (this.failed || slowTicks === 0) return;
    const queued = this.socket.queuedBytes();
    for (const mark of this.marks ?? []) mark.age += 1;
    if ((this.marks?.[0]?.age ?? 0) >= slowTicks) return this.fail();
    const newest = this.marks?.at(-1)?.bytes ?? 0;
    const written = this.socket.writtenBytes();
    if (queued > 0 && newest < written) (this.marks ??= []).push({ bytes: written, age: 0 });
  }

  private hasRoom(): boolean {
    const { maxQueuedBytes } = this.limits;
    return this.failed || maxQueuedBytes === 0 || this.socket.queuedBytes() <= maxQueuedBytes / 4;
  }

  /** One frame alone may be larger than the bound. */
  private isTooMuch(bytes: number): boolean {
    return this.limits.maxQueuedBytes > 0 && bytes > this.limits.maxQueuedBytes;
  }

  private forgetLatest(key: string): void {
    this.latestBytes -= this.latest?.get(key)?.byteLength ?? 0;
    this.latest?.delete(key);
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = null;
    for (const resolve of waiting ?? []) resolve();
  }

  private fail(): void {
    const { queuedBytes } = this;
    this.end();
    this.onSlow(queuedBytes);
  }
}
