import { scrubError } from './scrub-error.js';

const HIDDEN = '[redacted]';
const DEPTH = 5;
const ITEMS = 50;
const TEXT = 2_000;

/** Names that hold secrets, or what a client or a driver put in, in any spelling (`hashed_password`, `accessToken`). */
const SECRET_NAME = /passw|secret|token|authorization|cookie|credential|private.?key/i;
const CONTENT_NAME =
  /^(body|bodies|content|contents|payload|frame|data|values?|params?|parameters|sql|query|op|documents?|headers)$/i;
/** Where callers put what they caught. */
const ERROR_NAME = 'err';

/**
 * A copy of a log event that is safe to write: secrets and submitted values are replaced by name, errors by their
 * facts, and what looks like a token or a credential in any other text is cut out. Bounded in depth and size.
 */
export function scrub(facts: object): Record<string, unknown> {
  if (facts instanceof Error) return { err: scrubError(facts) };
  return scrubFields(facts, DEPTH);
}

/** What every pattern below has in it: most texts have none of it, and one look is a tenth of four replacements. */
const SUSPECT = /eyJ|bearer|token=|:\/\//i;

/** The same for the text of an event. */
export function scrubText(text: string): string {
  if (!SUSPECT.test(text)) return bounded(text);
  const safe = text
    .replace(/\beyJ[\w-]+\.[\w-]*\.[\w-]*/g, HIDDEN)
    .replace(/\b(bearer[ .])\s*[^\s,]+/gi, `$1${HIDDEN}`)
    .replace(/\b((?:access_)?token=)[^&\s]*/gi, `$1${HIDDEN}`)
    .replace(/\b([a-z][a-z0-9+]*:\/\/)[^/\s@]+@/gi, `$1${HIDDEN}@`);
  return bounded(safe);
}

function bounded(text: string): string {
  return text.length > TEXT ? `${text.slice(0, TEXT)}...` : text;
}

function scrubFields(object: object, depth: number): Record<string, unknown> {
  const source = object as Readonly<Record<string, unknown>>;
  const names = Object.keys(source);
  if (names.length > ITEMS) names.length = ITEMS;
  const fields = new Fields();
  for (const name of names) {
    const verdict = judgeName(name);
    fields[verdict.text] = scrubField(name, verdict.holds, source[name], depth);
  }
  return fields;
}

/**
 * An object without a prototype, in which a field called `__proto__` is a field like any other. Made by a constructor,
 * because the engine keeps what `Object.create(null)` makes as a table, which is slow to fill and slow to write.
 */
const Fields = function () {
  // Nothing is in it yet.
} as unknown as new () => Record<string, unknown>;
Object.defineProperty(Fields, 'prototype', { value: Object.create(null) });

function scrubField(name: string, holds: NameVerdict['holds'], value: unknown, depth: number): unknown {
  if (isHidden(holds, value)) return HIDDEN;
  // Anything can be thrown; what is not an Error says nothing at all.
  return name === ERROR_NAME && value !== null && value !== undefined ? scrubError(value) : scrubValue(value, depth);
}

interface NameVerdict {
  /** The name as it may be written. */
  readonly text: string;
  readonly holds: 'secret' | 'content' | 'facts';
}

/** Names come from code, the same few over and over. */
const NAMES = new Map<string, NameVerdict>();
const MOST_NAMES = 500;
const LONGEST_NAME = 64;

function judgeName(name: string): NameVerdict {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const holds = SECRET_NAME.test(name) ? 'secret' : CONTENT_NAME.test(name) ? 'content' : 'facts';
  const verdict: NameVerdict = { text: scrubText(name), holds };
  if (NAMES.size < MOST_NAMES && name.length <= LONGEST_NAME) NAMES.set(name, verdict);
  return verdict;
}

/** A count or a flag under such a name (`bodies: 3`) tells nothing. */
function isHidden(holds: NameVerdict['holds'], value: unknown): boolean {
  if (holds === 'facts' || value === null || typeof value === 'boolean' || value === undefined) return false;
  return holds === 'secret' || typeof value !== 'number';
}

function scrubValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return scrubError(value);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth === 0) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item: unknown) => scrubValue(item, depth - 1));
  return scrubFields(value, depth - 1);
}
