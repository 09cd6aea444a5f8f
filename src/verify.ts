import { parseArgs } from 'node:util';
import { enter, exitOnBugs } from './entry.js';
import { verify } from './services/integrity/verify/verify.js';
import type { Progress } from './services/integrity/verify/context.js';
import { createEraseWorker } from './services/integrity/erase-worker.js';
import { openExistingStores, type StoreSet } from './stores/open-stores.js';
import { systemClock } from './telemetry/clock.js';
import { verifyJson, verifyLines, type VerifyOutcome } from './verify-report.js';

/** 0: nothing is wrong, or not any more. */
const PROBLEMS_FOUND = 1;
const COULD_NOT_RUN = 2;
/** How often a long run says where it is, on standard error. */
const SAY_MS = 5_000;

/** With `--json`, also where settings or other arguments are wrong: whoever reads the result gets one object in any case. */
function onFailure(error: string): void {
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error })}\n`);
}

const { settings, logger, fail } = enter({ failureCode: COULD_NOT_RUN, log: 'stderr', onFailure });

interface Options {
  readonly repair: boolean;
  readonly restored: boolean;
  readonly json: boolean;
}

/**
 * `npm run verify [-- [--repair] [--restored] [--json]]`: compares metadata and bodies, of a running server too where
 * they lie in database servers. `--restored` also names the data anew, so that clients do not read on from revs that
 * the restored data has never had.
 */
async function main(): Promise<void> {
  exitOnBugs(logger, COULD_NOT_RUN, onFailure);
  const options = readOptions();
  const stores = await openExistingStores(settings.storage, { clock: systemClock, logger });
  try {
    const outcome = await run(stores, options);
    const lines = options.json ? [verifyJson(outcome)] : verifyLines(outcome);
    process.stdout.write(`${lines.join('\n')}\n`);
    process.exitCode = outcome.clean ? 0 : PROBLEMS_FOUND;
  } finally {
    await stores.close();
  }
}

async function run(stores: StoreSet, { repair, restored }: Options): Promise<VerifyOutcome> {
  const began = systemClock.monotonic();
  const epoch = restored ? await stores.inspection.renewEpoch() : stores.epoch;
  const eraser = createEraseWorker({ ...stores, clock: systemClock, logger });
  const report = await verify({ ...stores, eraser }, { repair, onProgress: sayProgress(began) });
  const seconds = Math.round((systemClock.monotonic() - began) / 100) / 10;
  return { storage: stores.describe(), epoch, restored, seconds, ...report };
}

function sayProgress(began: number): (progress: Progress) => void {
  let said = began;
  return ({ step, done, share }) => {
    const now = systemClock.monotonic();
    if (now - said < SAY_MS) return;
    said = now;
    const percent = share === null ? {} : { percent: Math.round(100 * share) };
    logger.info({ step, done, ...percent }, 'verifying');
  };
}

function readOptions(): Options {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { repair: flag, restored: flag, json: flag } }).values;
  } catch {
    throw new Error('verify takes --repair, --restored and --json, and nothing else');
  }
}

main().catch(fail);
