import type { Dump, Entry } from './entries.js';
import { buildModel, type Model } from './model.js';
import { acknowledged } from './rules/acknowledged.js';
import { bodies } from './rules/bodies.js';
import { claims } from './rules/claims.js';
import { connections } from './rules/connections.js';
import { contents } from './rules/contents.js';
import { convergence } from './rules/convergence.js';
import { keys } from './rules/keys.js';
import { measured, type Measured } from './rules/measured.js';
import { membership } from './rules/membership.js';
import { order } from './rules/order.js';

export type Invariant =
  'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12' | 'I13' | 'I14';

/** What each invariant promises, for reports. */
export const INVARIANTS: Readonly<Record<Invariant, string>> = {
  I1: 'what was acknowledged is in the final history of every member, for ever',
  I2: 'every listed message has its body, and every body a row, a place in the file, or little age',
  I3: 'a client_message_id of a sender names one message, in every answer',
  I4: 'seq of a chat is 1..n without gap or repeat',
  I5: 'a connection gets every change once and in order, or is told to read afresh',
  I6: 'all members end up with the same history, and nobody is shown what is not in it',
  I7: 'the sends of one connection take their places in the order of sending',
  I8: 'nobody who is out gets a live frame or reads anything',
  I9: 'after an acknowledged delete nobody sees the content',
  I10: 'no reader sees a version go back, and a version has one content for all',
  I11: 'memory, handles, sockets and places in pools return to where they were',
  I12: 'no secret and no content in logs, figures and errors',
  I13: 'nothing that happened was answered as not done',
  I14: 'the rev of a chat is the rev of one of its messages, participants or fields',
};

export interface Violation {
  readonly invariant: Invariant;
  readonly explanation: string;
}

export type Rule = (model: Model) => Iterable<Violation>;

const RULES: readonly Rule[] = [
  acknowledged,
  bodies,
  keys,
  order,
  connections,
  convergence,
  membership,
  contents,
  claims,
];

/**
 * Holds the histories of all clients and the final state of both stores against the invariants. Figures and log lines
 * that a run collected are checked with them.
 */
export function check(entries: readonly Entry[], dump: Dump, extra: Measured = {}): readonly Violation[] {
  const model = buildModel(entries, dump);
  return [...RULES.flatMap((rule) => [...rule(model)]), ...measured(extra)];
}

const SHOWN = 20;

/** For tests: throws with every violation, one per line. */
export function assertHistory(entries: readonly Entry[], dump: Dump, extra: Measured = {}): void {
  const violations = check(entries, dump, extra);
  if (violations.length === 0) return;
  const lines = violations.slice(0, SHOWN).map(({ invariant, explanation }) => `${invariant}: ${explanation}`);
  throw new Error(`${violations.length} violations of invariants\n${lines.join('\n')}`);
}
