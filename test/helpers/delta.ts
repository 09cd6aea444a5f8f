import type { DurableEvent } from '../../src/domain/events.js';
import type { Delta, DeltaBounds } from '../../src/ports/change-log.js';

/** A delta with all that its slices hold. */
export interface WholeDelta {
  readonly rev: number;
  /** In their order. */
  readonly events: readonly DurableEvent[];
}

/** Bounds by number alone. */
export function upTo(items: number): DeltaBounds {
  return { items, bytes: Infinity };
}

/** Reads every slice, one after the other. */
export async function wholeDelta({ rev, slices }: Delta): Promise<WholeDelta> {
  const events: DurableEvent[] = [];
  for (const slice of slices) events.push(...(await slice()));
  return { rev, events };
}

/** A delta in slices of `size` events. */
export function slicedDelta({ rev, events }: WholeDelta, size = 3): Delta {
  const count = Math.ceil(events.length / size);
  const parts = Array.from({ length: count }, (_, at) => events.slice(at * size, (at + 1) * size));
  return { rev, items: events.length, slices: parts.map((part) => () => Promise.resolve(part)) };
}
