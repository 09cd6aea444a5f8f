import { AppError } from '../domain/errors.js';

/** What may be said about an error in a log: machine words, numbers and places in our code. */
export interface ErrorFacts {
  readonly name: string;
  readonly code?: string | number;
  readonly errno?: number;
  readonly sqlState?: string;
  /** What was being done; set by the adapters. */
  readonly phase?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly message?: string;
  readonly stack?: readonly string[];
  readonly cause?: ErrorFacts;
  readonly errors?: readonly ErrorFacts[];
}

const CAUSES = 4;
const FRAMES = 12;
const WORD = /^[A-Za-z_][\w.:-]{0,63}$/;

/**
 * An error as an allow-list. Messages are left out, because drivers, JSON.parse and validators write values into them
 * (mysql2: "Duplicate entry 'alice'", Drizzle: the whole statement with its parameters); so are all properties but
 * the few below. The engine's own TypeErrors and the like keep their message, which names program text only.
 */
export function scrubError(error: unknown, causes: number = CAUSES): ErrorFacts {
  if (!(error instanceof Error)) return { name: `thrown ${error === null ? 'null' : typeof error}` };
  const name = word(error.name) ?? 'Error';
  if (error instanceof AppError) return { name, code: error.code, ...causeOf(error, causes) };
  const fields: Partial<Record<string, unknown>> = { ...error };
  return defined({
    name,
    code: word(fields['code']) ?? number(fields['code']),
    errno: number(fields['errno']),
    sqlState: word(fields['sqlState'], /^[0-9A-Z]{5}$/),
    phase: word(fields['phase']),
    syscall: word(fields['syscall']),
    address: word(fields['address'], /^[0-9A-Za-z.:_-]{1,64}$/),
    port: number(fields['port']),
    message: isEngineError(error) && !('code' in error) ? error.message : undefined,
    stack: framesOf(error),
    ...causeOf(error, causes),
    errors:
      error instanceof AggregateError && causes > 0
        ? error.errors.slice(0, CAUSES).map((each: unknown) => scrubError(each, causes - 1))
        : undefined,
  });
}

function causeOf(error: Error, causes: number): { cause?: ErrorFacts } {
  return error.cause === undefined || causes === 0 ? {} : { cause: scrubError(error.cause, causes - 1) };
}

/** Node's own argument errors carry a code and quote what they were given, so a code rules the message out. */
function isEngineError(error: Error): boolean {
  return [TypeError, RangeError, ReferenceError].some((type) => Object.getPrototypeOf(error) === type.prototype);
}

/** Only the frames: the text before them repeats the message, which may span lines. */
function framesOf(error: Error): readonly string[] | undefined {
  const head = `${error.name}: ${error.message}`;
  const stack = error.stack ?? '';
  const rest = stack.startsWith(head) ? stack.slice(head.length) : '';
  const frames = rest.split('\n').filter((line) => /^ {4}at /.test(line));
  return frames.length === 0 ? undefined : frames.slice(0, FRAMES).map((line) => line.trim());
}

function word(value: unknown, pattern: RegExp = WORD): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function defined(facts: { [K in keyof ErrorFacts]: ErrorFacts[K] | undefined } & { name: string }): ErrorFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as ErrorFacts;
}
