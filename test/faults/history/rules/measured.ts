import type { Violation } from '../checker.js';

/** One figure of the process, before a run and after it. */
export interface Figure {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** How far `after` may lie above `before`. */
  readonly slack: number;
}

/** What a run measured and collected beside its histories. */
export interface Measured {
  readonly figures?: readonly Figure[];
  readonly logs?: readonly string[];
  /** Passwords, tokens, keys and contents of the run. */
  readonly secrets?: readonly string[];
}

/** I11 and I12. A secret that was found is not repeated in the explanation. */
export function* measured({ figures = [], logs = [], secrets = [] }: Measured): Iterable<Violation> {
  for (const { name, before, after, slack } of figures) {
    if (after <= before + slack) continue;
    yield { invariant: 'I11', explanation: `${name} was ${before} before and is ${after} after` };
  }
  for (const [index, line] of logs.entries()) {
    if (!secrets.some((secret) => secret !== '' && line.includes(secret))) continue;
    yield { invariant: 'I12', explanation: `line ${index + 1} of the log holds a secret or a content` };
  }
}
