import type { DurableEvent } from '../../../domain/events.js';
import type { Delta, DeltaSlice } from '../../../ports/change-log.js';
import type { RepositoryContext } from '../chats/context.js';
import { asBytes } from '../messages/rows.js';
import { sizesOf } from '../messages/sizes.js';
import { messageEvents, otherEvents } from './events.js';
import { readWhole, SLICE_ITEMS, type Outline, type OutlinedMessage } from './outline.js';
import type { ChangedMessage } from './rows.js';

/** Contents of one slice: 26 of the longest ASCII messages, which SQLite reads in 2 ms with their rows. */
const SLICE_BYTES = 256 * 1024;
/** What a frame is beside its content. */
const FRAME_BYTES = 400;

/** One object of a delta in its place. */
interface Entry {
  readonly phase: number;
  readonly place: number;
  readonly bytes: number;
  /** A message by its place in the outline, or an event that needs no reading. */
  readonly what: number | DurableEvent;
}

/** A delta ready to be read in slices; null: of more than `maxBytes`. No body is read here. */
export async function toDelta(context: RepositoryContext, outline: Outline, maxBytes: number): Promise<Delta | null> {
  const { changed, messages } = outline;
  const outlined = messages ?? changed.messages.map(toOutlined);
  const sizes = await sizesOfOutlined(context, outlined);
  const entries = [
    ...outlined.map((message, at) => messageEntry(message, changed.since, at, sizes[at] ?? 0)),
    ...otherEvents(context, changed).map(eventEntry),
  ].sort((a, b) => a.phase - b.phase || a.place - b.place);
  if (entries.reduce((sum, { bytes }) => sum + bytes, 0) > maxBytes) return null;
  const wholeOf = (places: readonly number[]): Promise<readonly ChangedMessage[]> =>
    messages === null ? Promise.resolve(pick(changed.messages, places)) : readWhole(context, pick(messages, places));
  const slices = cut(entries).map(
    (slice): DeltaSlice =>
      () =>
        readSlice(context, changed.since, slice, wholeOf),
  );
  return { rev: changed.head.rev, items: entries.length, slices };
}

/**
 * Removals first, so that nobody is told anything after what ends their membership; then new messages in the order of
 * the history; then what changes things that are there by then.
 */
function messageEntry(message: OutlinedMessage, since: number, at: number, size: number): Entry {
  const { seq, rev, createdRev, isDeleted } = message;
  const isNew = createdRev > since && !isDeleted;
  return { phase: isNew ? 1 : 2, place: isNew ? seq : rev, bytes: size + FRAME_BYTES, what: at };
}

function eventEntry(event: DurableEvent): Entry {
  const phase = event.type === 'participant_removed' ? 0 : 2;
  return { phase, place: event.rev, bytes: FRAME_BYTES, what: event };
}

function cut(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const slices: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const last = slices.at(-1);
    if (last === undefined || last.length >= SLICE_ITEMS || bytes + entry.bytes > SLICE_BYTES) {
      slices.push([entry]);
      bytes = entry.bytes;
    } else {
      last.push(entry);
      bytes += entry.bytes;
    }
  }
  return slices;
}

async function readSlice(
  context: RepositoryContext,
  since: number,
  entries: readonly Entry[],
  wholeOf: (places: readonly number[]) => Promise<readonly ChangedMessage[]>,
): Promise<readonly DurableEvent[]> {
  const places = entries.flatMap(({ what }) => (typeof what === 'number' ? [what] : []));
  const events = (await messageEvents(context, await wholeOf(places), since)).values();
  return entries.flatMap(({ what }) => (typeof what === 'number' ? (events.next().value ?? []) : [what]));
}

/** Only the store of bodies knows how long those are that nobody has measured yet. */
async function sizesOfOutlined(
  context: RepositoryContext,
  messages: readonly OutlinedMessage[],
): Promise<readonly number[]> {
  if (messages.every(({ isDeleted, bodyBytes }) => isDeleted || bodyBytes !== null)) {
    return messages.map(({ isDeleted, bodyBytes }) => (isDeleted ? 0 : (bodyBytes ?? 0)));
  }
  return sizesOf(
    context,
    messages.map(({ isDeleted, bodyBytes, bodyId }) => ({ isDeleted, bodyBytes, bodyId: asBytes(bodyId) })),
  );
}

function toOutlined({ row, createdRev }: ChangedMessage): OutlinedMessage {
  const { id, seq, rev, isDeleted, version, isEdited, editedAt, bodyBytes } = row;
  const bodyId = asBytes(row.bodyId).toString('hex');
  return { id, seq, rev, createdRev, isDeleted, version, isEdited, editedAt, bodyId, bodyBytes };
}

function pick<T>(list: readonly T[], places: readonly number[]): readonly T[] {
  return places.flatMap((at) => list[at] ?? []);
}
