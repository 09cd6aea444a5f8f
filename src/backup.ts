import { parseArgs } from 'node:util';
import { enter, exitOnBugs } from './entry.js';
import type { Holding } from './ports/leases.js';
import { expectExistingData, openExistingStores, type StoreSet } from './stores/open-stores.js';
import { systemClock } from './telemetry/clock.js';

/** Another one holds what is asked for, or nobody holds what is to be given up. */
const NOT_HELD = 1;
const COULD_NOT_RUN = 2;
/** Superseded bodies are kept for 24 hours, so a backup has to be through by then anyway. */
const MOST_HOURS = 24;
const DEFAULT_HOURS = 6;

const { settings, logger, fail } = enter({ failureCode: COULD_NOT_RUN, log: 'stderr' });

interface Options {
  readonly action: 'begin' | 'end' | 'status';
  readonly hours: number;
  /** Tells two backups apart; the same name begins again by extending. */
  readonly name: string;
}

/**
 * `npm run backup -- begin [--hours 6] [--name NAME] | end [--name NAME] | status`: while a backup is under way no node
 * erases or removes bodies, so that those of the metadata's dump are still there when bodies are dumped.
 */
async function main(): Promise<void> {
  exitOnBugs(logger, COULD_NOT_RUN);
  const options = readOptions();
  if (settings.storage.kind === 'embedded') {
    // Without any database settings this is where a backup of MySQL and MongoDB ends up: it must not believe that it holds.
    await expectExistingData(settings.storage, { clock: systemClock, logger });
    say('embedded storage is one file, copied as of one moment: nothing has to be paused for its backup');
    return;
  }
  const stores = await openExistingStores(settings.storage, { clock: systemClock, logger });
  try {
    process.exitCode = await run(stores, options);
  } finally {
    await stores.close();
  }
}

async function run({ leases }: StoreSet, { action, hours, name }: Options): Promise<number> {
  switch (action) {
    case 'begin':
      if (await leases.acquire('backup', name, hours * 3_600_000)) {
        say(`nothing is erased until ${await end(leases)}; begin again to extend, end when the bodies are dumped`);
        return 0;
      }
      say(`another ${describe(await leases.holding('backup'))}`);
      return NOT_HELD;
    case 'end':
      if (await leases.release('backup', name)) return sayState(leases);
      say(`no backup of that name was under way: it was not begun, or its time was over and bodies may be gone since`);
      await sayState(leases);
      return NOT_HELD;
    case 'status':
      return sayState(leases);
    default:
      return action satisfies never;
  }
}

async function sayState(leases: StoreSet['leases']): Promise<number> {
  const holding = await leases.holding('backup');
  say(holding === null ? 'no backup is under way' : `a ${describe(holding)}`);
  return 0;
}

async function end(leases: StoreSet['leases']): Promise<string> {
  return (await leases.heldUntil('backup'))?.toISOString() ?? 'now';
}

/** Who may extend or end it has to know its name. */
function describe(holding: Holding | null): string {
  if (holding === null) return 'backup was under way until now';
  return `backup is under way until ${holding.until.toISOString()}, begun with --name ${holding.holder}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(): Options {
  const wrong = new Error(
    `backup takes begin [--hours 1-${MOST_HOURS}], end or status, each with an optional --name of 1 to 64 characters`,
  );
  let given;
  try {
    given = parseArgs({
      allowPositionals: true,
      options: {
        hours: { type: 'string', default: String(DEFAULT_HOURS) },
        name: { type: 'string', default: 'backup' },
      },
    });
  } catch {
    throw wrong;
  }
  const [action, ...rest] = given.positionals;
  const hours = Number(given.values.hours);
  const { name } = given.values;
  if (action !== 'begin' && action !== 'end' && action !== 'status') throw wrong;
  if (rest.length > 0 || !(hours > 0 && hours <= MOST_HOURS) || !/^[\w.-]{1,64}$/.test(name)) throw wrong;
  return { action, hours, name };
}

main().catch(fail);
