import type { DurableEvent, EphemeralEvent } from '../../../src/domain/events.js';
import type { Participant } from '../../../src/domain/chat.js';
import type { Message } from '../../../src/domain/message.js';
import type { Identity } from '../../../src/domain/user.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { Handshake, SendResult, Socket } from '../../../src/ports/listener.js';
import type { Logger } from '../../../src/ports/logger.js';
import type { Ticker } from '../../../src/ws/ticker.js';

export const START = Date.UTC(2030, 0, 1);

/** A frame as a client reads it. */
export type Frame = Record<string, unknown>;

/** A peer in memory: reads everything at once unless `stalled`. */
export class FakeSocket implements Socket {
  private static lastId = 0;
  readonly id = (FakeSocket.lastId += 1);
  readonly frames: Uint8Array[] = [];
  /** Frames stay in the queue while the peer does not read. */
  stalled = false;
  refuseAbove = Infinity;
  closedWith: number | null = null;
  /** What a peer does that reads: it answers. */
  answer: () => void = () => undefined;
  private queue = 0;
  private written = 0;

  send(frame: Uint8Array): SendResult {
    if (this.closedWith !== null) return 'closed';
    if (this.queue > 0 && this.queue + frame.byteLength > this.refuseAbove) return 'refused';
    this.frames.push(frame);
    this.written += frame.byteLength;
    if (!this.stalled) return 'sent';
    this.queue += frame.byteLength;
    return 'queued';
  }

  queuedBytes(): number {
    return this.queue;
  }

  writtenBytes(): number {
    return this.written;
  }

  /** The transport has written so much by itself, as it answers pings. */
  writeItself(bytes: number): void {
    this.written += bytes;
    if (this.stalled) this.queue += bytes;
  }

  /** The peer has read this many of the queued bytes. */
  read(bytes: number): void {
    this.queue = Math.max(0, this.queue - bytes);
  }

  ping(): void {
    if (!this.stalled) this.answer();
  }

  close(code: number): void {
    this.closedWith ??= code;
  }

  terminate(): void {
    this.closedWith ??= 1006;
  }

  json(): Frame[] {
    return this.frames.map((frame) => JSON.parse(Buffer.from(frame).toString('utf8')) as Frame);
  }

  types(): unknown[] {
    return this.json().map((frame) => frame['type']);
  }
}

export class FakeClock implements Clock {
  constructor(public time = START) {}
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
}

export class ManualTicker implements Ticker {
  private run: (() => void) | null = null;
  start(run: () => void): () => void {
    this.run = run;
    return () => (this.run = null);
  }
  get isRunning(): boolean {
    return this.run !== null;
  }
  tick(times = 1): void {
    for (let count = 0; count < times; count += 1) this.run?.();
  }
}

/** Keeps what was logged, so that a test can look for secrets or for silence. */
export class MemoryLogger implements Logger {
  readonly lines: { level: string; facts: object; message: string }[] = [];
  debug(facts: object, message: string): void {
    this.lines.push({ level: 'debug', facts, message });
  }
  info(facts: object, message: string): void {
    this.lines.push({ level: 'info', facts, message });
  }
  warn(facts: object, message: string): void {
    this.lines.push({ level: 'warn', facts, message });
  }
  error(facts: object, message: string): void {
    this.lines.push({ level: 'error', facts, message });
  }
  at(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

export function identity(userId: number, expiresAt = START + 3_600_000): Identity {
  return { userId, username: `user${userId}`, expiresAt };
}

export function handshake(overrides: Partial<Handshake> = {}): Handshake {
  return { path: '/api/v1/ws/7', query: 'token=1', headers: {}, peerAddress: '192.0.2.1', ...overrides };
}

export function message(overrides: Partial<Message> = {}): Message {
  return {
    id: 100,
    chatId: 7,
    seq: 1,
    rev: 1,
    senderId: 1,
    senderUsername: 'user1',
    content: 'hello',
    contentStatus: 'ok',
    timestamp: new Date(START),
    messageType: 'text',
    isEdited: false,
    isDeleted: false,
    editedAt: null,
    version: 1,
    clientMessageId: null,
    ...overrides,
  };
}

/** A message of `senderId` that took `rev`. */
export function sent(rev: number, overrides: Partial<Message> = {}): DurableEvent {
  const chatId = overrides.chatId ?? 7;
  return {
    type: 'new_message',
    chatId,
    rev,
    at: new Date(START),
    message: message({ id: 100 + rev, rev, seq: rev, ...overrides }),
  };
}

export function removed(rev: number, userId: number, chatId = 7): DurableEvent {
  return { type: 'participant_removed', chatId, rev, at: new Date(START), userId, by: 1 };
}

export function typed(userId: number, chatId = 7): EphemeralEvent {
  return { type: 'typing_started', chatId, userId, username: `user${userId}`, at: new Date(START) };
}

export function participant(userId: number, overrides: Partial<Participant> = {}): Participant {
  return {
    chatId: 7,
    userId,
    username: `user${userId}`,
    fullName: null,
    joinedAt: new Date(START),
    isAdmin: false,
    leftAt: null,
    lastReadSeq: 0,
    hiddenSeq: null,
    rev: 1,
    ...overrides,
  };
}

/** Lets everything that is ready run; `turns` of the loop, where long work is cut into as many. */
export async function settle(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that the test settles. */
export function gate<T>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
