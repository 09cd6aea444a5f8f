import { LIMITS } from './limits.js';

/*
 * What text may hold, as pure predicates. Sockets and REST judge by the same ones, and every one of them is linear in
 * the length of the text. With the `u` flag a surrogate matches only when it is unpaired.
 */
const UNPAIRED_SURROGATE = /\p{Cs}/u;
const VISIBLE = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const LINE_OR_CONTROL = /[\p{Cc}\u2028\u2029]/u;
const BIDI_CONTROL = /\p{Bidi_Control}/u;
/** No script stacks this many marks; what does is meant to paint over its neighbours. */
const MARK_PILE = /\p{M}{6}/u;
/** A login is typed by hand and compared by eye: nothing that is invisible, private or unassigned. */
const NOT_IN_USERNAME = /[@\s\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

const EMAIL_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const EMAIL = new RegExp(`^[A-Za-z0-9!#$%&'*+/=?^_\`{|}~.-]{1,64}@(?:${EMAIL_LABEL}\\.)+(?![0-9]+$)${EMAIL_LABEL}$`);

/** Whether UTF-8 can hold the text; what cannot be stored byte for byte is refused, not repaired. */
export function isWellFormed(text: string): boolean {
  return !UNPAIRED_SURROGATE.test(text);
}

/** Whether a reader would see anything: not only white space, controls, zero-width or blank characters. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Whether the text has between `min` and `max` code points; looks at no more of it than it must. */
export function hasCodePoints(text: string, min: number, max: number): boolean {
  const units = text.length;
  if (units < min || units > max * 2) return false;
  // Every code point is one or two units: most texts need no counting.
  if (units >= min * 2 && units <= max) return true;
  let count = 0;
  for (const _character of text) count += 1;
  return count >= min && count <= max;
}

/** Names of people and chats: any script, joiners included, but nothing that breaks the line they are shown on. */
export function isPlainName(text: string): boolean {
  return !LINE_OR_CONTROL.test(text) && !BIDI_CONTROL.test(text) && !MARK_PILE.test(text);
}

/** Usernames hold no `@` (a login with one is an e-mail address), no space and no invisible character. */
export function isPlainUsername(text: string): boolean {
  return !NOT_IN_USERNAME.test(text) && !MARK_PILE.test(text);
}

/**
 * `local@domain` in ASCII, the domain with at least one dot and a last label that is no number; no quoted or
 * dot-edged local part. Addresses beyond ASCII are refused: hardly any mail server takes them, and they have look-alikes.
 */
export function isEmail(text: string): boolean {
  if (text.length > LIMITS.emailMax || !EMAIL.test(text)) return false;
  const local = text.slice(0, text.indexOf('@'));
  return !local.startsWith('.') && !local.endsWith('.') && !local.includes('..');
}
