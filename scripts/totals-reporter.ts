import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

interface TotalsOptions extends Mocha.MochaOptions {
  reporterOption?: { totals?: string };
}

/** What a run came to. */
export interface Totals {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  /** Each failed test or hook with the first line of its error, and each test that was left out; one line each. */
  readonly failed: readonly string[];
}

/** Of one failed test; the whole error stands in the run's own output. */
const MOST_CHARACTERS = 300;

/**
 * Mocha's spec reporter, which also writes the totals as JSON to the file named by
 * `--reporter-option totals=FILE`. A run that dies early leaves no file, so nobody takes a part for the whole.
 * A default export, because mocha loads reporters by that name.
 */
export default class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: TotalsOptions) {
    super(runner, options);
    const file = options?.reporterOption?.totals;
    if (file === undefined) throw new Error('totals-reporter needs --reporter-option totals=FILE');
    const failed: string[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Runnable, error: unknown) => {
      failed.push(`${test.fullTitle()}: ${firstLineOf(error)}`.slice(0, MOST_CHARACTERS));
    });
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test: Mocha.Runnable) => {
      failed.push(`${test.fullTitle()}: left out`.slice(0, MOST_CHARACTERS));
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const totals: Totals = { passes, failures, pending, failed };
      writeFileSync(file, JSON.stringify(totals));
    });
  }
}

/** Chai's messages may begin with an empty line, or with a context and the comparison behind it. */
function firstLineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n').find((line) => line.trim() !== '') ?? 'no message').trim();
}
