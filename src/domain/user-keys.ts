import { createHash } from 'node:crypto';
import { withoutLookAlikes } from './look-alikes.js';

/** Zero-width characters, soft hyphens, variation selectors, tags, fillers: nothing that a reader sees. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/**
 * Accents, which belong to no script of their own. Marks that do are vowels of their scripts and stay, as do the two
 * Japanese voicing marks.
 */
const ACCENTS = /(?![\u3099\u309a])\p{Script=Inherited}/gu;
/** What the key columns hold (schema/). */
const KEY_BYTES = 255;

/**
 * Usernames with equal keys are the same name: `Admin`, `ádmin`, `ａdmin`, `admin` with a Cyrillic а or with a
 * zero-width space are all `admin`. Keys are compared by bytes, so every store gives the same verdict.
 */
export function usernameKey(text: string): string {
  return bounded(skeleton(text));
}

/** Addresses are compared without regard to case; look-alikes stay apart, since they reach different people. */
export function emailKey(text: string): string {
  return bounded(searchText(text));
}

/** The form in which texts are searched: without regard to case, width and invisible characters, but with accents. */
export function searchText(text: string): string {
  return foldCase(text.normalize('NFKC').replace(INVISIBLE, '')).normalize('NFKC').replace(INVISIBLE, '');
}

function skeleton(text: string): string {
  const decomposed = foldCase(text.normalize('NFKD').replace(INVISIBLE, '')).normalize('NFKD');
  return withoutLookAlikes(decomposed.replace(INVISIBLE, '').replace(ACCENTS, '')).normalize('NFC');
}

/**
 * Through upper case, which joins what lower case alone keeps apart (ß and ss, the two small sigmas, dotless i), and from
 * lower case, because a capital ẞ is its own upper case.
 */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

/** A few characters decompose into eighteen. A key that outgrows its column is replaced by a hash of itself. */
function bounded(key: string): string {
  if (Buffer.byteLength(key, 'utf8') <= KEY_BYTES) return key;
  // A control character cannot begin a key of a real name, so the two kinds never meet.
  return `\u0001${createHash('sha256').update(key, 'utf8').digest('hex')}`;
}
