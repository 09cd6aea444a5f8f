import type { Failpoint } from '../../../src/ports/failpoints.js';
import type { Held } from '../held.js';

/**
 * What happens at a failpoint: `kill` and `stop` are the signals to itself, `throw` fails the step, `delay` holds it up.
 */
export type FaultAction = 'kill' | 'stop' | 'throw' | 'delay';

export const FAULT_ACTIONS: readonly FaultAction[] = ['kill', 'stop', 'throw', 'delay'];

/** The changes whose statements are places. */
export type ChangeName =
  'send' | 'edit' | 'delete' | 'create' | 'open' | 'rename' | 'add' | 'remove' | 'promote' | 'read';

/** Hit before each statement of such a change's write transactions, and after each COMMIT. */
export type StatementPlace = `statement.${ChangeName}`;

export type Place = Failpoint | StatementPlace;

/** One fault, once, at the nth hit of the place from now on. */
export interface Fault {
  readonly name: Place;
  readonly action: FaultAction;
  readonly nth: number;
  /** How long `delay` holds up. */
  readonly delayMs: number;
  /** Added to the process's clocks behind the fault: time that nobody has to wait for. */
  readonly skipMs: number;
}

/** From the test to its server. Every order is answered by `{ done: id }`. */
export type Order = { readonly id: number } & (
  | { readonly kind: 'arm'; readonly fault: Fault }
  | { readonly kind: 'disarm' }
  | { readonly kind: 'erase' | 'sweep' }
  | { readonly kind: 'look' }
);

/** The answer to an order; `failed` says why it could not be carried out. */
export interface Done {
  readonly done: number;
  readonly failed?: string;
  /** The answer to `look`. */
  readonly held?: Held;
}

/** One line of the journal that a server writes; on disk before anything else happens, so that a kill cannot take it. */
export interface JournalLine {
  readonly hit: Place;
  /** Of a statement: its text, without values. */
  readonly text?: string;
  /** Set where the armed fault strikes. */
  readonly strikes?: FaultAction;
}

/** Environment: where the journal is. */
export const JOURNAL = 'FAULT_JOURNAL';
/** Environment: from which age on a sweep takes an unnamed body; the product's own where it is not set. */
export const ORPHAN_AFTER_MS = 'FAULT_ORPHAN_AFTER_MS';
