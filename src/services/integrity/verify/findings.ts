import { PROBLEMS, type ProblemKind } from './problems.js';

/** Where a problem is: ids only, nothing that anyone wrote. */
export interface FindingPlace {
  readonly chatId?: number;
  readonly messageId?: number;
  readonly seq?: number;
  /** In hex. */
  readonly bodyId?: string;
}

export interface Finding {
  readonly count: number;
  /** How many of them were mended. */
  readonly repaired: number;
  /** The first places; a restore gone wrong has millions. */
  readonly places: readonly FindingPlace[];
}

const PLACES = 100;

/** Collects problems in bounded memory. */
export interface Findings {
  note(kind: ProblemKind, place: FindingPlace, count?: number): void;
  repaired(kind: ProblemKind, count: number): void;
  /** Every kind, also with a count of 0. */
  all(): Readonly<Record<ProblemKind, Finding>>;
}

export function createFindings(): Findings {
  const none = Object.keys(PROBLEMS).map((kind) => [kind, { count: 0, repaired: 0, places: [] }]);
  const found = Object.fromEntries(none) as Record<
    ProblemKind,
    { count: number; repaired: number; places: FindingPlace[] }
  >;
  return {
    note(kind, place, count = 1) {
      found[kind].count += count;
      if (found[kind].places.length < PLACES) found[kind].places.push(place);
    },
    repaired(kind, count) {
      found[kind].repaired += count;
    },
    all: () => found,
  };
}
