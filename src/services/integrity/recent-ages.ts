/** The last so many ages, for percentiles of what is going on now. */
export interface RecentAges {
  note(milliseconds: number): void;
  /** null: nothing was noted yet. */
  percentile(share: number): number | null;
}

const KEPT = 1_024;

export function createRecentAges(): RecentAges {
  const kept: number[] = [];
  let next = 0;
  return {
    note(milliseconds) {
      kept[next] = milliseconds;
      next = (next + 1) % KEPT;
    },
    percentile(share) {
      if (kept.length === 0) return null;
      const sorted = kept.toSorted((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
    },
  };
}
