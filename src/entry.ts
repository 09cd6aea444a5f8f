import { readEnvironment, type ReadEnvironment } from './config/env.js';
import { parseSettings, type Settings } from './config/settings.js';
import { describeError } from './telemetry/describe-error.js';
import { createLogger, type OwnedLogger } from './telemetry/logger.js';

/** What every command of the repository starts from. */
export interface Entry {
  readonly settings: Settings;
  readonly logger: OwnedLogger;
  /** The log goes to a terminal: say things in words, not in events. */
  readonly terminal: boolean;
  /** For `.catch` of the command's main function: says what went wrong and exits. */
  readonly fail: (error: unknown) => never;
}

/** Signals' numbers, for the exit codes that shells expect (128 + n). */
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
/** Ctrl+C under `npm start` arrives twice: from the terminal, and passed on by npm. */
const SAME_PRESS_MS = 200;
/** For the last lines of a log whose reader is slow. */
const LAST_LINES_MS = 250;
/** A little less than the ten seconds that operators are promised. */
const STOP_MS = 9_500;

export interface EntryOptions {
  /** What the process exits with when it cannot do its work; 1 where not given. */
  readonly failureCode?: number;
  /** `stderr` for commands whose standard output is their result. */
  readonly log?: 'stdout' | 'stderr';
  /** Is told what ends the process, beside the log. */
  readonly onFailure?: (error: string) => void;
}

/** Reads the settings; what is wrong with them is listed, all of it, and the process exits. */
export function enter({ failureCode = 1, log = 'stdout', onFailure = () => undefined }: EntryOptions = {}): Entry {
  const stream = log === 'stderr' ? process.stderr : undefined;
  const terminal = (stream ?? process.stdout).isTTY;
  const beforeSettings = (): OwnedLogger =>
    createLogger({ level: 'warn', format: terminal ? 'pretty' : 'json' }, stream);
  const end = (problems: readonly string[]): never => {
    onFailure(problems.join('; '));
    process.exit(failureCode);
  };

  const read = readEnvironmentOr((problem) => {
    beforeSettings().fatal({}, problem);
    return end([problem]);
  });
  const { env, junk, surprises, fileNames } = read;
  const parsed = parseSettings(env, { isTty: terminal, file: { names: fileNames, surprises } });
  const logger = parsed.ok ? createLogger(parsed.settings.log, stream) : beforeSettings();
  if (junk.length > 0) logger.warn({ lines: junk }, `.env: left out what is no NAME=value, in line ${junk.join(', ')}`);
  for (const { name, problem } of parsed.warnings) logger.warn({ setting: name }, `${name} ${problem}`);
  if (!parsed.ok) {
    for (const { name, problem } of parsed.problems) logger.error({ setting: name }, `${name} ${problem}`);
    return end(parsed.problems.map(({ name, problem }) => `${name} ${problem}`));
  }
  const { settings } = parsed;

  const fail = (error: unknown): never => {
    const why = describeError(error);
    logger.fatal(settings.debug ? { err: error } : {}, `Parley cannot go on: ${why}`);
    return end([why]);
  };
  return { settings, logger, terminal, fail };
}

function readEnvironmentOr(fail: (problem: string) => never): ReadEnvironment {
  try {
    return readEnvironment();
  } catch (error) {
    return fail(error instanceof Error ? error.message : '.env cannot be read');
  }
}

/** A bug that nobody caught: the state of the process is unknown, so it ends, and its supervisor starts a new one. */
export function exitOnBugs(logger: OwnedLogger, code = 1, onFailure: EntryOptions['onFailure'] = undefined): void {
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error, origin }, 'an error was not handled, exiting');
    onFailure?.('an error was not handled');
    process.exit(code);
  });
}

/** The first SIGINT or SIGTERM stops gracefully and exits 0; a second one exits at once. */
export function stopOnSignals(logger: OwnedLogger, stop: () => Promise<void>): void {
  let first: { readonly signal: string; readonly at: number } | null = null;

  const onSignal = (signal: keyof typeof SIGNALS): void => {
    const at = performance.now();
    if (first === null) {
      first = { signal, at };
      logger.info({ signal }, 'stopping');
      void finish();
      return;
    }
    if (signal === 'SIGINT' && first.signal === signal && at - first.at < SAME_PRESS_MS) return;
    process.exit(128 + SIGNALS[signal]);
  };

  const finish = async (): Promise<void> => {
    const deadline = setTimeout(() => {
      logger.fatal({}, 'stopping took too long, exiting');
      process.exit(1);
    }, STOP_MS);
    try {
      await stop();
      clearTimeout(deadline);
      logger.info({}, 'stopped');
      await logger.drained(LAST_LINES_MS);
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'stopping failed');
      process.exit(1);
    }
  };

  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
