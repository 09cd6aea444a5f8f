import type { ChatEvent, DurableEvent } from '../../domain/events.js';
import { presentEvent } from '../../presenters/events.js';
import { presentCaughtUp } from '../../presenters/frames.js';
import type { CloseName } from '../../protocol/close-codes.js';
import { encodeFrame } from '../codec.js';

/** An event as every socket gets it: encoded once, the same bytes for all. */
export interface Delivery {
  readonly event: ChatEvent;
  readonly frame: Uint8Array;
  /** When it is handed on: read once for all sockets, each of which may have outlived its token. */
  readonly now: number;
}

/** One changed object of a fill. */
export interface FillItem {
  readonly event: DurableEvent;
  /** For a reader whose history ends at `lastSeq`: what is new to one may only be changed for another. */
  readonly frameFor: (lastSeq: number) => Uint8Array;
}

/** What was read from the store because its events were lost: brings whoever is at or above its beginning to `rev`. */
export interface Fill {
  readonly rev: number;
  /** Removals first, then new messages by seq, then the rest by rev; each object once, as it is now. */
  readonly items: readonly FillItem[];
  /** `caught_up`: without it a connection that breaks in between would leave a client with a rev that it has not reached. */
  readonly end: Uint8Array;
  readonly bytes: number;
}

/** What the hub knows of one connection's place in a chat. None of these throws. */
export interface Recipient {
  readonly userId: number;
  /** The rev up to which it was told everything; null while it is not live. */
  readonly toldUpTo: number | null;
  /** Durable events of the chat come in order of rev, each once, from the moment of registration. */
  deliver(delivery: Delivery): void;
  /** Instead of the events that were lost; the next one continues from its rev. */
  fill(fill: Fill): void;
  close(name: CloseName): void;
}

export function toDelivery(event: ChatEvent, now: number): Delivery {
  return { event, frame: encodeFrame(presentEvent(event)), now };
}

/** Encodes an event once for all sockets of the chat. */
export function toFillItem(event: DurableEvent): FillItem & { readonly bytes: number } {
  const frame = encodeFrame(presentEvent(event));
  const frameFor = event.type === 'new_message' ? whetherNew(event, frame) : () => frame;
  return { event, frameFor, bytes: frame.byteLength };
}

/** The end of a fill that was read at `at`. */
export function toEnd(chatId: number, rev: number, at: Date): Uint8Array {
  return encodeFrame(presentCaughtUp(chatId, rev, at));
}

/** A message is new to a reader whose history ends before it; who joined after it was sent has only missed an edit. */
function whetherNew(event: DurableEvent & { type: 'new_message' }, asNew: Uint8Array): FillItem['frameFor'] {
  let asUpdated: Uint8Array | null = null;
  return (lastSeq) => {
    if (event.message.seq > lastSeq) return asNew;
    asUpdated ??= encodeFrame(presentEvent({ ...event, type: 'message_updated' }));
    return asUpdated;
  };
}
