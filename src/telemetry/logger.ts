import { pino, type DestinationStream } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Logger } from '../ports/logger.js';
import { scrub, scrubText } from './scrub.js';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'pretty' | 'json';
}

type Level = keyof Logger;

/**
 * The one way out for log events: lines for people in a terminal, one JSON object per line otherwise. Every event is
 * scrubbed here, so no caller can leak by mistake. Writes are synchronous: what happened before a crash is on record.
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): Logger {
  const target = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (facts: unknown) => facts },
    },
    options.format === 'pretty' ? prettyStream(stream) : (stream ?? pino.destination({ dest: 1, sync: true })),
  );
  const write = (level: Level, facts: object, message: string): void => {
    if (target.isLevelEnabled(level)) target[level](scrub(facts), scrubText(message));
  };
  return {
    debug: (facts, message) => write('debug', facts, message),
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  };
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
