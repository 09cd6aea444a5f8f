import type { Lane } from './measure.js';
import { inParallel } from './population.js';

interface ClosableLane extends Lane {
  close(): void;
}

/**
 * Opens lanes for one measurement and closes them after it: connections that wait for their turn over several
 * contestants would be closed as idle.
 */
export async function withLanes<L extends ClosableLane, T>(
  count: number,
  open: (index: number) => Promise<L>,
  use: (lanes: readonly L[]) => Promise<T>,
): Promise<T> {
  const lanes: L[] = [];
  try {
    await inParallel(count, async (index) => {
      lanes[index] = await open(index);
    });
    return await use(lanes);
  } finally {
    for (const lane of lanes.filter((opened) => opened !== undefined)) lane.close();
  }
}
