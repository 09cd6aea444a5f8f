import type { Asked, CallLine, Confirmed, Dump, DumpedMessage, Entry, Operation, Seen, SeenFrame } from './entries.js';

/** Writes histories by hand: each line a moment later than the one before. */
export class Script {
  readonly entries: Entry[] = [];
  private t = 0;
  private calls = 0;

  /** Asks now and is answered at once. */
  ok<O extends Operation>(user: number, op: O, asked: Asked[O], got: Confirmed[O]): this {
    const call = this.ask(user, op, asked);
    return this.answer(user, op, call, 'ok', got);
  }

  fail(user: number, op: Operation, asked: Asked[Operation], code: string): this {
    return this.answer(user, op, this.ask(user, op, asked), 'fail', { code });
  }

  info(user: number, op: Operation, asked: Asked[Operation]): this {
    return this.answer(user, op, this.ask(user, op, asked), 'info', { code: null });
  }

  ask(user: number, op: Operation, asked: object): number {
    this.calls += 1;
    const call = this.calls;
    this.push({ ...asked, op, phase: 'invoke', client: `c${user}`, user, call } as unknown as CallLine);
    return call;
  }

  answer(user: number, op: Operation, call: number, phase: 'ok' | 'fail' | 'info', got: object): this {
    return this.push({ ...got, op, phase, client: `c${user}`, call } as unknown as CallLine);
  }

  connect(user: number, socket: string, since: Readonly<Record<string, number>> = {}): this {
    return this.push({ op: 'connect', phase: 'invoke', t: 0, client: `c${user}`, socket, user, since });
  }

  frame(socket: string, frame: SeenFrame): this {
    return this.push({ op: 'frame', phase: 'ok', t: 0, client: 'c', socket, frame });
  }

  disconnect(socket: string): this {
    return this.push({ op: 'disconnect', phase: 'ok', t: 0, client: 'c', socket, code: 1006 });
  }

  quiet(): this {
    return this.push({ op: 'quiet', phase: 'ok', t: 0, client: 'run' });
  }

  private push(entry: Entry): this {
    this.t += 1;
    this.entries.push({ ...entry, t: this.t });
    return this;
  }
}

export const ADA = 1;
export const BOB = 2;
export const EVE = 3;
export const CHAT = 10;

export function textOf(seq: number): string {
  return `text ${seq}`;
}

export function seen(seq: number, changed: Partial<Seen> = {}): Seen {
  return {
    id: 100 + seq,
    seq,
    sender: ADA,
    rev: seq,
    version: 1,
    content: textOf(seq),
    deleted: false,
    unavailable: false,
    ...changed,
  };
}

export function row(seq: number, changed: Partial<DumpedMessage> = {}): DumpedMessage {
  const id = 100 + seq;
  return {
    id,
    chat: CHAT,
    seq,
    sender: ADA,
    key: `k${seq}`,
    createdRev: seq,
    rev: seq,
    version: 1,
    deleted: false,
    body: `b${id}`,
    ...changed,
  };
}

/** A chat of Ada and Bob with `count` messages of Ada's, and both see all of them. */
export function dumpOf(count: number, changed: Partial<Dump> = {}): Dump {
  const seqs = Array.from({ length: count }, (_, index) => index + 1);
  const items = seqs.map((seq) => seen(seq));
  return {
    takenAt: 1_000_000,
    sweepAgeMs: 600_000,
    erased: true,
    chats: [{ id: CHAT, name: 'chat', lastSeq: count, rev: count, otherRevs: [], members: [ADA, BOB] }],
    messages: seqs.map((seq) => row(seq)),
    bodies: seqs.map((seq) => ({ id: `b${100 + seq}`, content: textOf(seq), intact: true, mintedAt: 0 })),
    filed: [],
    views: [ADA, BOB].map((user) => ({ user, chat: CHAT, items })),
    ...changed,
  };
}

/** A send of Ada's that took `seq`. */
export function sendOf(seq: number, socket: string | null = null): Asked['send'] {
  return { chat: CHAT, key: `k${seq}`, content: textOf(seq), socket };
}

export function ackOf(seq: number, duplicate = false): Confirmed['send'] {
  return { message: 100 + seq, seq, rev: seq, duplicate };
}

/** The frame of a message; `changed` is in the resource's own words. */
export function newMessage(seq: number, changed: SeenFrame = {}): SeenFrame {
  const { rev = seq, ...rest } = changed;
  const resource = { id: 100 + seq, seq, sender_id: ADA, rev, version: 1, content: textOf(seq), is_deleted: false };
  return { type: 'new_message', chat_id: CHAT, rev, message: { ...resource, ...rest } };
}

export function ready(rev: number): SeenFrame {
  return { type: 'ready', chat_id: CHAT, rev, epoch: 'e' };
}

export const sent = (count: number): Script =>
  Array.from({ length: count }, (_, index) => index + 1).reduce(
    (lines, seq) => lines.ok(ADA, 'send', sendOf(seq), ackOf(seq)),
    new Script(),
  );
export const removedBob = { type: 'participant_removed', chat_id: CHAT, user_id: BOB, by: ADA, rev: 2 };
export const edited = { rev: 2, version: 2, content: 'new' };
export const viewsOf = (items: Dump['views'][number]['items']): Dump['views'] =>
  [ADA, BOB].map((user) => ({ user, chat: CHAT, items }));
export const dumpWithEdit = dumpOf(1, {
  chats: [{ id: CHAT, name: 'chat', lastSeq: 1, rev: 2, otherRevs: [], members: [ADA, BOB] }],
  messages: [row(1, { rev: 2, version: 2, body: 'b9' })],
  bodies: [{ id: 'b9', content: 'new', intact: true, mintedAt: 0 }],
  filed: ['b101'],
  views: viewsOf([seen(1, edited)]),
});
export const dumpWithDelete = dumpOf(2, {
  chats: [{ id: CHAT, name: 'chat', lastSeq: 2, rev: 3, otherRevs: [], members: [ADA, BOB] }],
  messages: [row(1, { rev: 3, deleted: true }), row(2)],
  bodies: [{ id: 'b102', content: textOf(2), intact: true, mintedAt: 0 }],
  filed: ['b101'],
  views: viewsOf([seen(2)]),
});
