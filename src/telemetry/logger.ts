import { pino, type DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Logger } from '../ports/logger.js';
import { scrub, scrubText } from './scrub.js';
import { gatheringStream, type GatheringStream } from './gathering-stream.js';
import { LogOutlet } from './log-outlet.js';
import { openLogPort } from './log-port.js';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'pretty' | 'json';
}

/** A logger and what its owner may ask of it. */
export interface OwnedLogger extends Logger {
  /** What ends the process: an error, said on the standard error where the log is silent, because nobody would hear of it. */
  fatal(facts: object, message: string): void;
  /** Resolves when what was logged is written, or after `ms`. */
  drained(ms: number): Promise<void>;
}

type Level = keyof Logger;

const STANDARD_OUTPUT = 1;

/**
 * The one way out for log events: lines for people in a terminal, one JSON object per line otherwise. Every event is
 * scrubbed here, so no caller can leak by mistake. Without a stream they go to the standard output: warnings and errors at
 * once, with everything before them, other lines a few milliseconds later, many together. Whatever stands behind the
 * standard output, logging never waits for it and never fails (log-outlet.ts).
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): OwnedLogger {
  const output = stream === undefined ? standardOutput((lost) => tellLoss(lost)) : given(stream);
  const target = pino(
    {
      level: options.level,
      base: null,
      timestamp: timeFields(),
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (facts: unknown) => facts },
    },
    options.format === 'pretty' ? prettyStream(output, stream === undefined) : output,
  );
  const write = (level: Level, facts: object, message: string): void => {
    if (!target.isLevelEnabled(level)) return;
    target[level](scrub(facts), scrubText(message));
    if (level === 'warn' || level === 'error') output.flush();
  };
  const tellLoss = (lost: number): void =>
    write('warn', { lost }, `${lost} lines of the log are lost: they could not be written`);
  return {
    debug: (facts, message) => write('debug', facts, message),
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
    fatal(facts, message) {
      if (target.isLevelEnabled('error')) write('error', facts, message);
      else process.stderr.write(`${[scrubText(message), factsText(facts)].join(' ').trim()}\n`);
    },
    drained: (ms) => output.drained(ms),
  };
}

function factsText(facts: object): string {
  return Object.keys(facts).length === 0 ? '' : JSON.stringify(scrub(facts));
}

/** The field that pino puts behind the level. Under load many lines share a millisecond, and so its text. */
function timeFields(): () => string {
  let at = Number.NaN;
  let field = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      field = `,"time":"${new Date(now).toISOString()}"`;
    }
    return field;
  };
}

interface Output extends GatheringStream {
  drained(ms: number): Promise<void>;
}

function standardOutput(onLoss: (lines: number) => void): Output {
  const outlet = new LogOutlet(openLogPort(STANDARD_OUTPUT), onLoss);
  const lines = gatheringStream(outlet);
  // After the stream has given what it held back.
  process.on('exit', () => outlet.writeLast());
  return {
    ...lines,
    drained(ms) {
      lines.flush();
      return outlet.drained(ms);
    },
  };
}

function given(stream: DestinationStream): Output {
  return { write: (line) => stream.write(line), flush: () => undefined, drained: () => Promise.resolve() };
}

function prettyStream(lines: DestinationStream, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss', singleLine: true });
  return { write: (line) => lines.write(String(pretty(line))) };
}
