import { createHash } from 'node:crypto';
import { folded, withoutAccents } from './fold-text.js';
import { withoutLookAlikes } from './look-alikes.js';

/** Control characters cannot begin a key of a real name, so the kinds of keys never meet. */
const HASHED_KEY = '\u0001';
export const OWN_KEY = '\u0002';
/** What the key columns hold (schema/). */
const KEY_BYTES = 255;

/**
 * Usernames with equal keys are the same name: `Admin`, `ádmin`, `ａdmin`, `admin` with a Cyrillic а or with a
 * zero-width space are all `admin`. Keys are compared by bytes, so every store gives the same verdict.
 */
export function usernameKey(text: string): string {
  return bounded(skeleton(text));
}

/**
 * The key of an account whose name looks like that of an older one, from before look-alikes were told that well. It tells names
 * apart by all but case and width, as every two of them were, and no name has it as its `usernameKey`.
 */
export function ownUsernameKey(text: string): string {
  return bounded(`${OWN_KEY}${searchText(text)}`, OWN_KEY);
}

/** Addresses are compared without regard to case; look-alikes stay apart, since they reach different people. */
export function emailKey(text: string): string {
  return bounded(searchText(text));
}

/** The form in which texts are searched: without regard to case, width and invisible characters, but with accents. */
export function searchText(text: string): string {
  return folded(text, 'NFKC');
}

function skeleton(text: string): string {
  return withoutLookAlikes(withoutAccents(text)).normalize('NFC');
}

/** A few characters decompose into eighteen. A key that outgrows its column is replaced by a hash of itself. */
function bounded(key: string, mark = ''): string {
  if (Buffer.byteLength(key, 'utf8') <= KEY_BYTES) return key;
  return `${mark}${HASHED_KEY}${createHash('sha256').update(key, 'utf8').digest('hex')}`;
}
