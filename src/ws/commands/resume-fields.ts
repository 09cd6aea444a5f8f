import type { FieldProblem } from '../../protocol/error-codes.js';
import { integerField, objectOf, textField, validate, withLength, type Validated } from '../../protocol/fields.js';
import { LIMITS, parseId } from '../../protocol/limits.js';
import type { RawFrame } from '../codec.js';
import type { ResumeCommand } from '../feeds/scope.js';

const fields = objectOf({
  chat_id: integerField(1),
  since_rev: integerField(0),
  epoch: withLength(textField(), 1, LIMITS.epochMax),
});

/**
 * The fields of `resume`: `since_rev` for one chat, or `chats`, an object of revs by chat id, for several. The keys of
 * `chats` are a client's, so they are looked at one by one and never become keys of an object here.
 */
export function checkResume(frame: RawFrame): Validated<ResumeCommand> {
  const { chats, ...rest } = frame;
  const result = validate(fields, rest);
  if (!result.ok || !Object.hasOwn(frame, 'chats')) return result;
  const { chat_id, since_rev, epoch } = result.value;
  if (chat_id !== undefined || since_rev !== undefined) return wrong('chats', 'Must be without chat_id and since_rev');
  const revs = revsOf(chats);
  return 'code' in revs ? { ok: false, problems: [revs] } : { ok: true, value: { chats: revs, epoch } };
}

function revsOf(chats: unknown): ReadonlyMap<number, number> | FieldProblem {
  if (typeof chats !== 'object' || chats === null || Array.isArray(chats)) {
    return { path: 'chats', code: 'wrong_type', message: 'Must be an object of revs by chat id' };
  }
  const entries = Object.entries(chats);
  if (entries.length > LIMITS.resumeChats) {
    return { path: 'chats', code: 'too_long', message: `Must have at most ${LIMITS.resumeChats} entries` };
  }
  const revs = new Map<number, number>();
  for (const [key, rev] of entries as (readonly [string, unknown])[]) {
    const chatId = parseId(key);
    if (chatId === null) return { path: 'chats', code: 'not_an_id', message: 'Every key must be a chat id' };
    if (typeof rev !== 'number' || !Number.isSafeInteger(rev) || rev < 0 || Object.is(rev, -0)) {
      return { path: 'chats', code: 'wrong_type', message: 'Every value must be a rev' };
    }
    revs.set(chatId, rev);
  }
  return revs;
}

function wrong(path: string, message: string): Validated<never> {
  return { ok: false, problems: [{ path, code: 'not_allowed', message }] };
}
