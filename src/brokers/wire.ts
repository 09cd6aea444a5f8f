import { EVENT_FACTS } from '../domain/event-facts.js';
import type { ChatEvent, DurableEvent, UserEvent } from '../domain/events.js';

/** Of what is written here. A node reads its own version only: what it cannot read it looks for in the store. */
const VERSION = 1;

type MomentType = Exclude<ChatEvent['type'], DurableEvent['type']>;

const MOMENTS: Readonly<Record<MomentType, true>> = {
  typing_started: true,
  typing_stopped: true,
  user_joined: true,
  user_left: true,
  read: true,
};

const FOR_USERS: Readonly<Record<UserEvent['type'], true>> = { chat_added: true, chat_removed: true };

/** What came over the wire. */
export interface Received<Event> {
  readonly events: readonly Event[];
  /** Chats of which something came that cannot be read; null among them: nobody knows of which chats. */
  readonly doubts: readonly (number | null)[];
}

/** Events of one publish call as bytes: JSON, with moments as `{"$at": milliseconds}`, which no text of a user can look like. */
export function encodeEvents(events: readonly (ChatEvent | UserEvent)[]): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, events }, writeMoment));
}

/** Never throws. An event of a kind that this version does not know is a hint to read its chat from the store. */
export function decodeChatEvents(bytes: Uint8Array): Received<ChatEvent> {
  return decode<ChatEvent>(bytes, (type) => type in EVENT_FACTS || type in MOMENTS);
}

/** As `decodeChatEvents`; what a user is not told of, their list tells. */
export function decodeUserEvents(bytes: Uint8Array): Received<UserEvent> {
  return decode<UserEvent>(bytes, (type) => type in FOR_USERS);
}

function decode<Event>(bytes: Uint8Array, isKnown: (type: string) => boolean): Received<Event> {
  const events: Event[] = [];
  const doubts: (number | null)[] = [];
  for (const event of parse(bytes) ?? [null]) {
    const { type, chatId } = (event ?? {}) as { readonly type?: unknown; readonly chatId?: unknown };
    if (typeof chatId !== 'number' || !Number.isSafeInteger(chatId)) doubts.push(null);
    else if (typeof type === 'string' && isKnown(type)) events.push(event as Event);
    else doubts.push(chatId);
  }
  return { events, doubts };
}

/** null: not of this version, or no events at all. */
function parse(bytes: Uint8Array): readonly unknown[] | null {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    const { v, events } = JSON.parse(text, readMoment) as { readonly v?: unknown; readonly events?: unknown };
    return v === VERSION && Array.isArray(events) ? (events as readonly unknown[]) : null;
  } catch {
    return null;
  }
}

/** JSON.stringify has made a text of the moment by the time that it asks. */
function writeMoment(this: unknown, key: string, value: unknown): unknown {
  const given = (this as Readonly<Record<string, unknown>>)[key];
  return given instanceof Date ? { $at: given.getTime() } : value;
}

function readMoment(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$at' in value)) return value;
  return typeof value.$at === 'number' ? new Date(value.$at) : value;
}
