// Runs the slow fault tests (test/faults/**/*.faults.ts): kills, lost answers, full disks, on real processes and servers.
//
//   npm run test:faults [-- [--long] [--storage embedded|split] [--sql mariadb|mysql] [files or arguments for mocha]]
//
// Without --storage both, one after the other. The short form takes a few rounds of everything; --long takes as many
// as are needed to meet what is rare. Prints what each test counted, and `N passed, N failed` as its last line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILED_SOURCES, FIGURES_FILE, LONG_FORM, type Figures } from '../test/faults/figures.js';
import { compileSources } from './compile-sources.js';
import type { Totals } from './totals-reporter.js';

const STORAGES = ['embedded', 'split'] as const;
const FLAVOURS = ['mariadb', 'mysql'] as const;

interface Options {
  storages: readonly (typeof STORAGES)[number][];
  sql: (typeof FLAVOURS)[number];
  long: boolean;
  mochaArguments: string[];
}

class UsageError extends Error {}

function parseArguments(args: readonly string[]): Options {
  const options: Options = { storages: STORAGES, sql: 'mariadb', long: false, mochaArguments: [] };
  const rest = args.flatMap((arg) => (/^--(storage|sql)=/.test(arg) ? arg.split('=', 2) : [arg]));
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--long') options.long = true;
    else if (arg === '--storage') options.storages = [oneOf(STORAGES, arg, rest.shift())];
    else if (arg === '--sql') options.sql = oneOf(FLAVOURS, arg, rest.shift());
    else options.mochaArguments.push(arg);
  }
  return options;
}

function oneOf<T extends string>(allowed: readonly T[], name: string, value: string | undefined): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${name} takes ${allowed.join(' or ')}, not ${value ?? 'nothing'}`);
  return found;
}

interface Leg {
  readonly storage: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  /** The failed tests by name, with the first line of each error. */
  readonly names: readonly string[];
  readonly figures: readonly Figures[];
}

/** One storage: mocha to its end. What it leaves behind, or does not, tells how it went. */
async function runLeg(storage: Options['storages'][number], options: Options, work: string): Promise<Leg> {
  const began = performance.now();
  const totals = join(work, `totals-${storage}`);
  const figures = join(work, `figures-${storage}`);
  const named = options.mochaArguments.some((argument) => argument.endsWith('.ts') && argument.startsWith('test/'));
  const mocha = [
    ...(named ? [] : ['test/faults/**/*.faults.ts']),
    ...options.mochaArguments,
    ...['--reporter', 'scripts/totals-reporter.ts', '--reporter-option', `totals=${totals}`],
  ];
  const { resolve } = createRequire(import.meta.url);
  const command =
    storage === 'split'
      ? ['--import', 'tsx', 'scripts/test-services.ts', '--sql', options.sql, ...mocha]
      : [resolve('mocha/bin/mocha.js'), ...mocha];
  const child = spawn(process.execPath, command, {
    stdio: 'inherit',
    env: {
      ...process.env,
      PARLEY_TEST_STORE: storage,
      [LONG_FORM]: options.long ? '1' : '',
      [FIGURES_FILE]: figures,
      [COMPILED_SOURCES]: join(work, 'compiled'),
    },
  });
  // Stay until the tests have ended. Ctrl-C reaches them through the terminal.
  process.on('SIGINT', () => undefined);
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - began) / 1_000;
  return { storage, seconds, ...counts(totals, code), figures: lines(figures) };
}

/** A leg that ends early, without a test, or in failure without naming one counts as one failure. */
function counts(file: string, code: number | null): Pick<Leg, 'passed' | 'failed' | 'names'> {
  if (!existsSync(file)) return { passed: 0, failed: 1, names: ['ended without totals'] };
  const { passes, failures, pending, failed: names } = JSON.parse(readFileSync(file, 'utf8')) as Totals;
  const failed = failures + pending;
  const isWrong = code !== 0 || passes === 0;
  return { passed: passes, failed: isWrong ? Math.max(1, failed) : failed, names };
}

function lines(file: string): readonly Figures[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figures);
}

function print(legs: readonly Leg[]): void {
  console.log('\n=== figures');
  for (const { storage, figures } of legs) {
    for (const { row, counted } of figures) {
      const text = Object.entries(counted).map(([name, value]) => `${name} ${value}`);
      console.log(`${storage.padEnd(8)}  ${row}: ${text.join(', ')}`);
    }
  }
  for (const { storage, seconds, passed, failed } of legs) {
    console.log(`${storage.padEnd(8)}  ${Math.round(seconds)} s, ${passed} passed, ${failed} failed`);
  }
  for (const { storage, names } of legs) for (const name of names) console.log(`FAIL ${storage}: ${name}`);
  const sum = (key: 'passed' | 'failed'): number => legs.reduce((total, leg) => total + leg[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

const work = mkdtempSync(join(tmpdir(), 'parley-faults-'));
try {
  const options = parseArguments(process.argv.slice(2));
  const legs: Leg[] = [];
  mkdirSync(join(work, 'compiled'));
  compileSources(join(work, 'compiled'));
  for (const storage of options.storages) {
    console.log(`\n=== ${storage}${storage === 'split' ? `, ${options.sql}` : ''}`);
    legs.push(await runLeg(storage, options, work));
  }
  print(legs);
} catch (error) {
  console.error('test:faults:', error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
