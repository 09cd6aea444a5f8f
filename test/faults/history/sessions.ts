import { EVENT_FACTS } from '../../../src/domain/event-facts.js';
import type { Entry, Seen, SeenFrame, SocketLine } from './entries.js';

/** A durable frame as one connection got it. */
export interface Delivery {
  readonly t: number;
  readonly chat: number;
  /** `replay`: between asking to read on and the `ready` that ends it. */
  readonly phase: 'replay' | 'live';
  readonly type: string;
  readonly rev: number;
  readonly frame: SeenFrame;
  /** The message that the frame shows, deletions included. */
  readonly message: Seen | null;
}

/**
 * What tells a connection where it stands: after `ready` or `resync_required` it is live from `rev` on; `caught_up` ends
 * what was read from the store because events were lost, which is not in order of rev.
 */
export interface Mark {
  readonly t: number;
  readonly chat: number;
  readonly kind: 'asked' | 'ready' | 'resync' | 'caught_up';
  readonly rev: number;
}

/** One connection of a client, from its opening to its end. */
export interface Session {
  readonly client: string;
  readonly user: number;
  readonly socket: string;
  readonly openedAt: number;
  /** Infinity: still open. */
  closedAt: number;
  readonly deliveries: Delivery[];
  readonly marks: Mark[];
  /** Deliveries and marks as they came. */
  readonly log: (Delivery | Mark)[];
  /** Chats that are being replayed. */
  readonly replaying: Set<number>;
}

const DURABLE: ReadonlySet<string> = new Set(Object.keys(EVENT_FACTS));

export function isDelivery(one: Delivery | Mark): one is Delivery {
  return 'type' in one;
}

/** Up to which rev a connection had everything at a time; 0 where nothing had told it. */
export function positionOf(session: Session, chat: number, at: number): number {
  let position: number | null = null;
  for (const one of session.log) {
    if (one.chat !== chat || one.t > at) continue;
    if (!isDelivery(one)) position = one.kind === 'asked' ? position : Math.max(position ?? 0, one.rev);
    else if (one.phase === 'live' && (position === null || one.rev === position + 1)) position = one.rev;
  }
  return position ?? 0;
}

/** `entries` in order of time. */
export function sessionsOf(entries: readonly Entry[]): readonly Session[] {
  const sessions = new Map<string, Session>();
  for (const line of entries) {
    if (!('socket' in line) || 'call' in line) continue;
    if (line.op === 'connect') sessions.set(line.socket, openSession(line));
    const session = sessions.get(line.socket);
    if (session === undefined) throw new Error(`the history has no connect of socket ${line.socket}`);
    follow(session, line);
  }
  return [...sessions.values()];
}

function openSession({ client, user, socket, t }: SocketLine & { readonly op: 'connect' }): Session {
  return {
    client,
    user,
    socket,
    openedAt: t,
    closedAt: Infinity,
    deliveries: [],
    marks: [],
    log: [],
    replaying: new Set(),
  };
}

function follow(session: Session, line: SocketLine): void {
  switch (line.op) {
    case 'connect':
    case 'resume':
      for (const [chat, rev] of Object.entries(line.since)) {
        note(session, { t: line.t, chat: Number(chat), kind: 'asked', rev });
        session.replaying.add(Number(chat));
      }
      return;
    case 'disconnect':
      session.closedAt = line.t;
      return;
    case 'frame':
      return take(session, line.t, line.frame);
    default:
      return line satisfies never;
  }
}

function take(session: Session, t: number, frame: SeenFrame): void {
  const type = String(frame['type']);
  const chat = Number(frame['chat_id']);
  const rev = Number(frame['rev']);
  if (type === 'ready' || type === 'resync_required') {
    session.replaying.delete(chat);
    note(session, { t, chat, kind: type === 'ready' ? 'ready' : 'resync', rev });
  } else if (type === 'caught_up') {
    note(session, { t, chat, kind: 'caught_up', rev });
  } else if (DURABLE.has(type)) {
    const phase = session.replaying.has(chat) ? 'replay' : 'live';
    const delivery: Delivery = { t, chat, phase, type, rev, frame, message: messageIn(type, frame) };
    session.deliveries.push(delivery);
    session.log.push(delivery);
  }
}

function note(session: Session, mark: Mark): void {
  session.marks.push(mark);
  session.log.push(mark);
}

function messageIn(type: string, frame: SeenFrame): Seen | null {
  if (type === 'message_deleted') {
    const [id, seq, rev] = [Number(frame['message_id']), Number(frame['seq']), Number(frame['rev'])];
    return { id, seq, rev, sender: 0, version: 0, content: null, deleted: true, unavailable: false };
  }
  return type === 'new_message' || type === 'message_updated' ? toSeen(frame['message']) : null;
}

/** A message resource as REST and frames carry it. */
export function toSeen(resource: unknown): Seen {
  const message = resource as Readonly<Record<string, unknown>>;
  const content = message['content'];
  return {
    id: Number(message['id']),
    seq: Number(message['seq']),
    sender: Number(message['sender_id']),
    rev: Number(message['rev']),
    version: Number(message['version']),
    content: typeof content === 'string' ? content : null,
    deleted: message['is_deleted'] === true,
    unavailable: message['content_status'] === 'unavailable',
  };
}
