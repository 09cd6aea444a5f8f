import { array, boolean, number, object, string, ValidationError } from 'yup';
import type { AnyObject, ArraySchema, BooleanSchema, NumberSchema, ObjectShape, StringSchema } from 'yup';
import { LIMITS } from './limits.js';
import { hasCodePoints, isVisible, isWellFormed } from './text-rules.js';

export { validate, type Validated } from './validate.js';

/*
 * Field rules that REST bodies and socket frames share. Every rule carries a code of ours as its name and a sentence of
 * ours as its message: yup's own texts repeat the submitted value and never leave the process (see validate.ts).
 * Every schema is strict: nothing is coerced, "5" is not 5.
 */

/** An optional string becomes required by `.defined()`, nullable by `.nullable()`. Unpaired surrogates are refused. */
export function textField(): StringSchema<string | undefined> {
  return string()
    .strict(true)
    .typeError('Must be a string')
    .test('ill_formed', 'Holds an unpaired surrogate', (text) => text == null || isWellFormed(text));
}

/** Adds a length in code points. */
export function withLength(
  field: StringSchema<string | undefined>,
  min: number,
  max: number,
): StringSchema<string | undefined> {
  const tooShort = min === 1 ? 'Must not be empty' : `Must have at least ${min} characters`;
  return field
    .test('too_short', tooShort, (text) => text == null || text.length > max * 2 || hasCodePoints(text, min, Infinity))
    .test('too_long', `Must have at most ${max} characters`, (text) => text == null || hasCodePoints(text, 0, max));
}

/** Adds a rule; `undefined` and `null` are the business of `.defined()` and `.nullable()`. */
export function withRule(
  field: StringSchema<string | undefined>,
  code: string,
  message: string,
  holds: (text: string) => boolean,
): StringSchema<string | undefined> {
  return field.test(code, message, (text) => text == null || holds(text));
}

/** A safe integer in range; `-0`, fractions and numbers beyond 2^53 are none. */
export function integerField(min: number, max: number = Number.MAX_SAFE_INTEGER): NumberSchema<number | undefined> {
  return number()
    .strict(true)
    .typeError('Must be an integer')
    .test('not_an_integer', 'Must be an integer', (value) => value == null || isInteger(value))
    .test(
      'out_of_range',
      max === Number.MAX_SAFE_INTEGER ? `Must be at least ${min}` : `Must be from ${min} to ${max}`,
      (value) => value == null || !isInteger(value) || (value >= min && value <= max),
    );
}

/** The id of a user, chat or message. */
export function idField(): NumberSchema<number> {
  return integerField(1).defined();
}

/** A list of 1 to `max` different ids. A list that is too long is refused before its items are looked at. */
export function idListField(max: number): ArraySchema<number[], AnyObject> {
  return array<AnyObject, number>()
    .strict(true)
    .typeError('Must be a list of ids')
    .defined()
    .test('too_short', 'Must not be empty', (ids) => !Array.isArray(ids) || ids.length > 0)
    .test('too_long', `Must have at most ${max} entries`, (ids) => !Array.isArray(ids) || ids.length <= max)
    .test('entries', 'Must be a list of ids', (ids: unknown, context) => {
      if (!Array.isArray(ids) || ids.length > max) return true;
      const problems = (ids as unknown[]).flatMap((id, index, all) => {
        const path = `${context.path}[${index}]`;
        if (!isInteger(id)) return [new ValidationError('Must be an integer', null, path, 'not_an_integer')];
        if (id < 1) return [new ValidationError('Must be at least 1', null, path, 'out_of_range')];
        if (all.indexOf(id) < index) {
          return [new ValidationError('Each id may appear once', null, path, 'repeated')];
        }
        return [];
      });
      return problems.length === 0 || new ValidationError(problems, null, context.path);
    });
}

/** true or false, and neither 0 nor "false". */
export function flagField(): BooleanSchema<boolean> {
  return boolean().strict(true).typeError('Must be true or false').defined();
}

/**
 * What a message says: 1 to 10,000 code points of which a reader sees at least one. Stored byte for byte; only NUL is
 * refused, because clients in C end a text there.
 */
export function contentField(): StringSchema<string> {
  const field = withLength(textField(), 1, LIMITS.messageLength);
  const noNul = withRule(field, 'nul', 'Must not hold a NUL character', (text) => !text.includes('\0'));
  return withRule(
    noNul,
    'blank',
    'Must hold at least one visible character',
    (text) => text === '' || isVisible(text),
  ).defined();
}

/** A sender's own id for a message, 1 to 64 code points, compared by bytes. Left out where there is none, never null. */
export function clientMessageIdField(): StringSchema<string | undefined> {
  const field = withLength(textField(), 1, LIMITS.clientMessageIdMax);
  return withRule(field, 'nul', 'Must not hold a NUL character', (text) => !text.includes('\0'));
}

/** An object with these keys and no others. */
export function objectOf<const Shape extends ObjectShape>(shape: Shape) {
  return object(shape).strict(true).typeError('Must be an object').noUnknown().required();
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
