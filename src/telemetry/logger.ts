import { pino, type DestinationStream } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Logger } from '../ports/logger.js';
import { scrub, scrubText } from './scrub.js';
import { gatheringStream } from './gathering-stream.js';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'pretty' | 'json';
}

type Level = keyof Logger;

/**
 * The one way out for log events: lines for people in a terminal, one JSON object per line otherwise. Every event is
 * scrubbed here, so no caller can leak by mistake. Warnings and errors are written at once, with everything before them;
 * other lines a few milliseconds later, many together.
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): Logger {
  const lines = stream === undefined && options.format === 'json' ? gatheringStream(standardOutput()) : null;
  const target = pino(
    {
      level: options.level,
      base: null,
      timestamp: timeFields(),
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (facts: unknown) => facts },
    },
    lines ?? (options.format === 'pretty' ? prettyStream(stream) : (stream ?? standardOutput())),
  );
  const write = (level: Level, facts: object, message: string): void => {
    if (!target.isLevelEnabled(level)) return;
    target[level](scrub(facts), scrubText(message));
    if (level === 'warn' || level === 'error') lines?.flush();
  };
  return {
    debug: (facts, message) => write('debug', facts, message),
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  };
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

function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: true });
}

function prettyStream(stream: DestinationStream | undefined): DestinationStream {
  return PinoPretty({
    colorize: stream === undefined,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    sync: true,
    ...(stream === undefined ? { destination: 1 } : { destination: stream as NodeJS.WritableStream }),
  });
}
