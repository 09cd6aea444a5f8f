import { mixed, ValidationError } from 'yup';
import { integerField, objectOf, textField, withLength } from '../../protocol/fields.js';
import { LIMITS, parseId } from '../../protocol/limits.js';

const since = { epoch: withLength(textField(), 1, LIMITS.epochMax), limit: integerField(1, LIMITS.changesLimitMax) };

export const changesQuery = objectOf({ ...since, since_rev: integerField(0) });

/** Revs by chat id, in JSON an object whose keys are ids in their one spelling. */
export type RevsByChat = Readonly<Record<string, number>>;

const REVS = integerField(0).defined();

/** Not yup's own object: the keys are data here. A vector that is too long is refused before its entries are looked at. */
function revsField() {
  return mixed<RevsByChat>((value): value is RevsByChat => isObject(value))
    .strict(true)
    .typeError('Must be an object of revs by chat id')
    .defined()
    .test('too_long', `Must have at most ${LIMITS.changesChatsMax} entries`, (revs: unknown) => !isTooLong(revs))
    .test('entries', 'Must be an object of revs by chat id', (revs: unknown, context) => {
      if (!isObject(revs) || isTooLong(revs)) return true;
      const problems = Object.entries(revs).flatMap(([key, rev]) => {
        // The key is the client's text and is not repeated unless it is an id.
        if (parseId(key) === null)
          return [new ValidationError('Must be an id', null, `${context.path}.*`, 'not_an_id')];
        const isRev = REVS.isValidSync(rev, { strict: true });
        const message = 'Must be an integer from 0';
        return isRev ? [] : [new ValidationError(message, null, `${context.path}.${key}`, 'not_a_rev')];
      });
      return problems.length === 0 || new ValidationError(problems, null, context.path);
    });
}

export const changesBody = objectOf({ ...since, chats: revsField(), after_chat_id: integerField(0) });

export function vectorOf(revs: RevsByChat): ReadonlyMap<number, number> {
  return new Map(Object.entries(revs).map(([key, rev]) => [Number(key), rev]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTooLong(revs: unknown): boolean {
  return isObject(revs) && Object.keys(revs).length > LIMITS.changesChatsMax;
}
