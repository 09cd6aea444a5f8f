import { expect } from 'chai';
import type { Frame } from './fakes.js';

/** What one reader knows of an object, and from which rev. */
interface Held {
  readonly rev: number;
  readonly value: string;
}

/**
 * A client that keeps one chat as docs/PROTOCOL.md tells it to, and complains about what may never happen on one
 * connection: a change that comes twice, new messages out of the order of seq, anything after one's own removal.
 */
export class Keeper {
  /** Up to where it has everything. */
  rev = 0;
  readonly held = new Map<string, Held>();
  /** How far each has read; a mark never moves back. */
  readonly marks = new Map<number, number>();
  private seen = new Set<string>();
  private lastSeq = 0;
  protected isOver = false;
  /** Live: each frame is one above the one before. Else only the end of a replay moves the rev. */
  protected isLive = false;

  constructor(
    readonly userId: number,
    protected readonly chatId: number,
  ) {}

  /** A new connection. `liveFrom`: the rev it knows it starts from, null where it asked to read on. */
  connected(): void {
    this.seen = new Set();
    this.lastSeq = 0;
    this.isOver = false;
    this.isLive = false;
  }

  /** Throws away everything, as `resync_required` asks; `state` is what it reads instead. */
  startAfresh(rev: number, state: ReadonlyMap<string, Held>): void {
    this.held.clear();
    for (const [key, held] of state) this.held.set(key, held);
    this.rev = rev;
    this.isLive = true;
  }

  mark(userId: number, lastReadSeq: number): void {
    this.marks.set(userId, Math.max(lastReadSeq, this.marks.get(userId) ?? 0));
  }

  take(frame: Frame): void {
    const { type, rev } = frame;
    if (type === 'read') this.mark(Number(frame['user_id']), Number(frame['last_read_seq']));
    if (type === 'ready') {
      const reads = frame['reads'] as { user_id: number; last_read_seq: number }[];
      for (const { user_id, last_read_seq } of reads) this.mark(user_id, last_read_seq);
    }
    if (frame['chat_id'] !== this.chatId || typeof rev !== 'number' || type === 'pong' || type === 'ack') return;
    expect(this.isOver, `${String(type)} after one's own removal`).to.equal(false);
    if (type === 'ready' || type === 'caught_up') {
      expect(rev, 'the end of a replay').to.be.at.least(this.rev);
      this.rev = rev;
      this.isLive = true;
      return;
    }
    if (type === 'resync_required') return;
    this.change(frame, rev);
  }

  /** Whether what has come may come once more. */
  protected mayRepeat(): boolean {
    return false;
  }

  private change(frame: Frame, rev: number): void {
    const [key, value] = objectOf(frame);
    if (!this.mayRepeat()) {
      expect(this.seen.has(`${key} ${rev}`), `${key} at rev ${rev} came before`).to.equal(false);
    }
    this.seen.add(`${key} ${rev}`);
    if (frame['type'] === 'new_message') {
      const { seq } = frame['message'] as { seq: number };
      if (!this.mayRepeat()) expect(seq, 'seq of new messages').to.be.above(this.lastSeq);
      this.lastSeq = Math.max(seq, this.lastSeq);
    }
    if (frame['type'] === 'participant_removed' && frame['user_id'] === this.userId) this.isOver = true;
    if (rev > (this.held.get(key)?.rev ?? 0)) this.held.set(key, { rev, value });
    if (this.isLive && rev === this.rev + 1) this.rev = rev;
  }
}

/** Which object a durable frame is about, and what it says of it. */
export function objectOf(frame: Frame): readonly [key: string, value: string] {
  const message = frame['message'] as { id: number; content: string } | undefined;
  const participant = frame['participant'] as { user_id: number } | undefined;
  if (message !== undefined) return [`message ${message.id}`, message.content];
  if (participant !== undefined) return [`user ${participant.user_id}`, 'in'];
  if (frame['type'] === 'message_deleted') return [`message ${String(frame['message_id'])}`, 'deleted'];
  if (frame['type'] === 'participant_removed') return [`user ${String(frame['user_id'])}`, 'out'];
  return ['chat', String((frame['chat'] as { name: string }).name)];
}
