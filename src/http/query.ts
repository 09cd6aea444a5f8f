import type { Schema } from 'yup';
import { AppError } from '../domain/errors.js';
import { objectOf } from '../protocol/fields.js';
import type { FieldProblem } from '../protocol/error-codes.js';
import { validate, type Validated } from '../protocol/validate.js';

/** A flat object of texts and integers. */
export type QuerySchema<T> = Schema<T> & { readonly fields: object };

/** The one spelling of an integer: no sign but minus, no leading zero, no exponent, ASCII digits. */
const CANONICAL_INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;
const NO_QUERY = objectOf({});
const NOTHING: Validated<unknown> = { ok: true, value: {} };

/**
 * A raw query string, checked: each key known and given at most once, numbers in canonical spelling, escapes of
 * well-formed UTF-8 (else `bad_request`). A number field that holds anything else stays text and fails as such.
 */
export function parseQuery<T>(schema: QuerySchema<T> | undefined, raw: string): Validated<T> {
  if (schema === undefined && raw === '') return NOTHING as Validated<T>;
  const { values, repeated } = split(raw);
  const fields: Readonly<Record<string, { readonly type?: string }>> = { ...(schema ?? NO_QUERY).fields };
  const typed = Object.fromEntries(
    Array.from(values, ([key, text]) => [
      key,
      Object.hasOwn(fields, key) && fields[key]?.type === 'number' && CANONICAL_INTEGER.test(text)
        ? Number(text)
        : text,
    ]),
  );
  const result = schema === undefined ? (validate(NO_QUERY, typed) as Validated<T>) : validate(schema, typed);
  if (repeated.length === 0) return result;
  return { ok: false, problems: result.ok ? repeated : [...repeated, ...result.problems] };
}

function split(raw: string): { values: ReadonlyMap<string, string>; repeated: readonly FieldProblem[] } {
  const values = new Map<string, string>();
  let repeats = false;
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const key = decode(at < 0 ? pair : pair.slice(0, at));
    if (values.has(key)) repeats = true;
    values.set(key, decode(at < 0 ? '' : pair.slice(at + 1)));
  }
  const problem = { path: '', code: 'repeated', message: 'Each query parameter may be given once' };
  return { values, repeated: repeats ? [problem] : [] };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new AppError('bad_request', { detail: 'The query is not percent-encoded UTF-8' });
  }
}
