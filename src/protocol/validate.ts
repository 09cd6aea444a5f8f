import { ValidationError, type AnyObject, type Schema } from 'yup';
import type { FieldProblem } from './error-codes.js';
import { LIMITS } from './limits.js';
import { quickCheck, type QuickCheck } from './quick-check.js';

export type Validated<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** Problems that one answer lists; a client that made more has one mistake, not fifty. */
const MAX_PROBLEMS = 50;
/** A key is repeated in an answer only when it looks like a field name and so cannot be a secret. */
const FIELD_NAME = /^[a-z_]{1,32}$/;

/** yup's built-in checks in our words; its own sentences hold the submitted value. */
const BUILT_IN: Readonly<Record<string, { code: string; message: string }>> = {
  typeError: { code: 'wrong_type', message: 'Has the wrong type' },
  nullable: { code: 'wrong_type', message: 'Must not be null' },
  optionality: { code: 'required', message: 'Is required' },
  required: { code: 'required', message: 'Is required' },
};

/** Schemas are few and live as long as the process. */
const quickChecks = new WeakMap<object, QuickCheck>();

/**
 * Checks a parsed JSON value against a strict schema. Never throws for any input, coerces nothing, and reports every
 * problem found as path (`participant_ids[0]`; empty = the value itself), code and a sentence without the value.
 * Keys that every object inherits (`__proto__`, `toString` ...) are refused at any depth before yup looks.
 */
export function validate<T>(schema: Schema<T>, value: unknown): Validated<T> {
  return isPlainlyValid(schema, value) ? { ok: true, value: value as T } : judge(schema, value);
}

function isPlainlyValid(schema: Schema, value: unknown): boolean {
  let check = quickChecks.get(schema);
  if (check === undefined) quickChecks.set(schema, (check = quickCheck(schema)));
  return check(value);
}

/** The whole verdict; {@link validate} differs from it in nothing but time. */
export function judge<T>(schema: Schema<T>, value: unknown): Validated<T> {
  const reserved = findReservedKeys(value);
  if (reserved.length > 0) return { ok: false, problems: reserved };
  try {
    const valid = schema.validateSync(value, { strict: true, abortEarly: false, disableStackTrace: true });
    return { ok: true, value: valid };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const single = error.inner.length > 0 ? error.inner : [error];
    return { ok: false, problems: single.flatMap(toProblems).slice(0, MAX_PROBLEMS) };
  }
}

function toProblems(error: ValidationError): FieldProblem[] {
  const path = error.path ?? '';
  if (error.type === 'noUnknown') return unknownKeys(path, error.params);
  const builtIn = error.type === undefined ? undefined : BUILT_IN[error.type];
  if (builtIn === undefined) return [{ path, code: error.type ?? 'invalid', message: error.message }];
  const message = error.type === 'typeError' ? error.message : builtIn.message;
  return [{ path, code: builtIn.code, message }];
}

function unknownKeys(parent: string, params: AnyObject | undefined): FieldProblem[] {
  const listed: unknown = params?.['unknown'];
  const names = (typeof listed === 'string' ? listed.split(', ') : []).filter((name) => FIELD_NAME.test(name));
  const paths = names.length > 0 ? names.map((name) => joinPath(parent, name)) : [parent];
  return paths.slice(0, MAX_PROBLEMS).map((path) => ({ path, code: 'unknown_key', message: 'Is not a known field' }));
}

/** Walks own keys only. Depth is bounded by the reader of the JSON text; the guard here keeps other callers safe. */
function findReservedKeys(root: unknown): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const pending: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > LIMITS.jsonDepth) return [{ path: '', code: 'too_deep', message: 'Is nested too deeply' }];
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) {
        if (typeof item === 'object') pending.push({ value: item, path: `${path}[]`, depth: depth + 1 });
      }
      continue;
    }
    for (const key of Object.keys(value)) {
      if (isReservedKey(key) && problems.length < MAX_PROBLEMS) {
        problems.push({ path: joinPath(path, key), code: 'unknown_key', message: 'Is not a known field' });
      }
      const child: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
      const name = FIELD_NAME.test(key) ? key : '*';
      if (typeof child === 'object') pending.push({ value: child, path: joinPath(path, name), depth: depth + 1 });
    }
  }
  return problems;
}

/** `__proto__`, `constructor`, `toString` and all other names that an empty object already has. */
export function isReservedKey(key: string): boolean {
  return key === 'prototype' || key in Object.prototype;
}

function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
