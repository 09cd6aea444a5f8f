import type { StringSchema } from 'yup';
import { integerField, objectOf, textField, withLength, withRule } from '../../protocol/fields.js';
import { LIMITS } from '../../protocol/limits.js';
import { isEmail, isPlainName, isPlainUsername, isVisible } from '../../protocol/text-rules.js';

/** A display name of a person or a chat: any script, one line, something to see. */
export function nameField(max: number): StringSchema<string | undefined> {
  const field = withLength(textField(), 1, max);
  const plain = withRule(field, 'not_allowed', 'Must not hold control or direction characters', isPlainName);
  return withRule(plain, 'blank', 'Must hold a visible character', (text) => text === '' || isVisible(text));
}

function usernameField(): StringSchema<string | undefined> {
  const field = withLength(textField(), LIMITS.usernameMin, LIMITS.usernameMax);
  return withRule(field, 'not_allowed', 'Must not hold @, spaces or invisible characters', isPlainUsername);
}

function emailField(): StringSchema<string | undefined> {
  const field = withLength(textField(), 1, LIMITS.emailMax);
  return withRule(field, 'not_an_email', 'Must be an e-mail address', (text) => text === '' || isEmail(text));
}

/**
 * Counted in UTF-16 units of the form that is hashed (NFC): however its characters are composed, a password is as long. Any
 * character may be in it: only its bytes matter.
 */
function passwordField(min: number): StringSchema<string | undefined> {
  const tooShort = `Must have at least ${min} characters`;
  const field = withRule(textField(), 'too_short', tooShort, (text) => lengthOf(text) >= min);
  const tooLong = `Must have at most ${LIMITS.passwordMax} characters`;
  return withRule(field, 'too_long', tooLong, (text) => lengthOf(text) <= LIMITS.passwordMax);
}

/** At most four characters compose to one, so that nothing much longer has to be looked at. */
function lengthOf(password: string): number {
  return password.length > LIMITS.passwordMax * 4 ? password.length : password.normalize('NFC').length;
}

export function registerBody(passwordMinLength: number) {
  return objectOf({
    username: usernameField().defined(),
    email: emailField().defined(),
    full_name: nameField(LIMITS.fullNameMax).nullable(),
    password: passwordField(passwordMinLength).defined(),
  });
}

/** No rules for what an account may be called: a login that could never exist is wrong credentials like any other. */
export const loginBody = objectOf({
  username: withLength(textField(), 1, LIMITS.emailMax).defined(),
  password: passwordField(1).defined(),
});

/** null clears the name; what is left out stays. */
export const updateMeBody = objectOf({
  full_name: nameField(LIMITS.fullNameMax).nullable(),
  email: emailField(),
});

/** How short `q` may be is not a matter of shape: it has an answer of its own. */
export const searchQuery = objectOf({
  q: withLength(textField(), 0, LIMITS.searchQueryMax),
  limit: integerField(1, LIMITS.searchLimitMax),
});
