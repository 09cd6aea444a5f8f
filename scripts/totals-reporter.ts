import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

interface TotalsOptions extends Mocha.MochaOptions {
  reporterOption?: { totals?: string };
}

/**
 * Mocha's spec reporter, which also writes `{ passes, failures, pending }` as JSON to the file named by
 * `--reporter-option totals=FILE`. A run that dies early leaves no file, so nobody takes a part for the whole.
 * A default export, because mocha loads reporters by that name.
 */
export default class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: TotalsOptions) {
    super(runner, options);
    const file = options?.reporterOption?.totals;
    if (file === undefined) throw new Error('totals-reporter needs --reporter-option totals=FILE');
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passes, failures, pending }));
    });
  }
}
