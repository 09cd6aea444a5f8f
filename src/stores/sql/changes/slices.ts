import { EVENT_FACTS, placeInPhase } from '../../../domain/event-facts.js';
import type { DurableEvent } from '../../../domain/events.js';
import type { Delta, DeltaSlice } from '../../../ports/change-log.js';
import type { RepositoryContext } from '../ground/context.js';
import type { FoundObjects } from './kind.js';

/** Objects of one slice. */
export const SLICE_ITEMS = 64;
/** Contents of one slice: 26 of the longest ASCII messages, which SQLite reads in 2 ms with their rows. */
const SLICE_BYTES = 256 * 1024;
/** What a frame is beside its content. */
const FRAME_BYTES = 400;

/** One object of a delta in its place. */
interface Entry {
  readonly phase: number;
  readonly order: number;
  readonly bytes: number;
  readonly found: FoundObjects;
  /** Among those found with it. */
  readonly place: number;
}

/** A delta up to `rev`, ready to be read in slices; null: of more than `maxBytes`. No body is read here. */
export async function toDelta(
  context: RepositoryContext,
  rev: number,
  found: readonly FoundObjects[],
  maxBytes: number,
): Promise<Delta | null> {
  const entries: Entry[] = [];
  for (const one of found) {
    const sizes = await one.sizes(context);
    for (const [place, object] of one.objects.entries()) {
      const { phase } = EVENT_FACTS[object.type];
      const order = placeInPhase(object.type, object);
      entries.push({ phase, order, bytes: (sizes[place] ?? 0) + FRAME_BYTES, found: one, place });
    }
  }
  if (entries.reduce((sum, { bytes }) => sum + bytes, 0) > maxBytes) return null;
  entries.sort((a, b) => a.phase - b.phase || a.order - b.order);
  const slices = cut(entries).map(
    (slice): DeltaSlice =>
      () =>
        readSlice(context, slice),
  );
  return { rev, items: entries.length, slices };
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

/** Each kind tells its own together; then they stand in the order of the slice again. */
async function readSlice(context: RepositoryContext, entries: readonly Entry[]): Promise<readonly DurableEvent[]> {
  const told = new Map<FoundObjects, Iterator<DurableEvent>>();
  for (const { found } of entries) {
    if (told.has(found)) continue;
    const places = entries.flatMap((entry) => (entry.found === found ? [entry.place] : []));
    told.set(found, (await found.tell(context, places)).values());
  }
  return entries.flatMap(({ found }) => {
    const next = told.get(found)?.next();
    return next === undefined || next.done === true ? [] : [next.value];
  });
}
