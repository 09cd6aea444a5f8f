/** Part of a list: from `start` up to and without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export function from<T>(list: readonly T[], { start, end }: Range): readonly T[] {
  return start === 0 && end === list.length ? list : list.slice(start, end);
}

/** The first items that together have at most `bytes`, at least one. */
export function prefixWithin(sizes: readonly number[], bytes: number): Range {
  let end = 0;
  let total = 0;
  for (const size of sizes) {
    total += size;
    if (end > 0 && total > bytes) break;
    end += 1;
  }
  return { start: 0, end };
}

/** The last ones, likewise. */
export function suffixWithin(sizes: readonly number[], bytes: number): Range {
  const { length } = sizes;
  return { start: length - prefixWithin([...sizes].reverse(), bytes).end, end: length };
}

/** The item at `centre` and its neighbours, one on either side in turn, until the next would be too many bytes. */
export function aroundWithin(sizes: readonly number[], centre: number, bytes: number): Range {
  if (sizes.length === 0) return { start: 0, end: 0 };
  let start = centre;
  let end = centre + 1;
  let total = sizes[centre] ?? 0;
  const fits = (index: number): boolean => {
    const size = sizes[index];
    if (size === undefined || total + size > bytes) return false;
    total += size;
    return true;
  };
  let isOpenBefore = true;
  let isOpenAfter = true;
  while (isOpenBefore || isOpenAfter) {
    isOpenBefore = isOpenBefore && fits(start - 1);
    if (isOpenBefore) start -= 1;
    isOpenAfter = isOpenAfter && fits(end);
    if (isOpenAfter) end += 1;
  }
  return { start, end };
}
