import { createHash } from 'node:crypto';

/**
 * Who equals whom. Names and addresses are stored as typed; their keys decide, compared by bytes, so that every store
 * gives the same verdict whatever its collation.
 */

/** Bytes that a key column holds. */
const KEY_BYTES = 255;

/**
 * Letters that people read as a Latin one: of other scripts, and Latin variants that no decomposition reaches (after
 * Unicode TR39's confusables, those that keyboards offer). Each pair is the letter and what it is read as.
 */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    // Cyrillic, capitals where they look like another letter than their small form
    'аa вb еe ѕs іi јj кk ӏl ԛq мm нh оo рp ԁd сc тt уy хx үy һh ԝw ѡw ьb ԍg',
    // Greek
    'αa βb γy εe ιi κk νv οo ρp τt υu χx ϲc ϳj ηn ωw ζz μu ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX',
    // Latin
    'ıi ɩi ȷj ɑa ɡg ɪi ʏy ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz łl øo đd ħh ŧt ðd ƀb ɓb ƈc ɗd ƒf ɠg ɨi ƙk ɫl ɲn ŋn ƥp',
    'ɍr ʈt ʉu ʋv ɏy ƶz ÆAE æae Œoe œoe þth',
  ]
    .join(' ')
    .split(' ')
    .map((pair) => [pair.slice(0, 1), pair.slice(1)] as const),
);

/** Accents and other marks that are put on Latin, Greek and Cyrillic letters; other scripts spell with theirs. */
const MARKS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;
/** Characters without a shape: zero width, variation selectors, soft hyphens, direction marks. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Two usernames with one key are the same name to a reader, and only one of them can exist. */
export function usernameKey(username: string): string {
  const unmarked = username.normalize('NFKD').replace(MARKS, '');
  return bounded(asLatin(fold(asLatin(unmarked)).normalize('NFKD').replace(MARKS, '')));
}

/** Addresses are compared without regard to case; look-alikes stay apart, since they reach different people. */
export function emailKey(email: string): string {
  return bounded(fold(email));
}

/** What a search looks through and for: case and compatibility forms do not matter, accents do. */
export function searchText(text: string): string {
  return fold(text);
}

function fold(text: string): string {
  // Upper case in between joins what lower case alone keeps apart: ß and ss, ς and σ.
  return text.normalize('NFKC').replace(IGNORABLE, '').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** One compatibility character can unfold to eighteen: what outgrows its column is represented by its hash. */
function bounded(key: string): string {
  if (Buffer.byteLength(key) <= KEY_BYTES) return key;
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function asLatin(text: string): string {
  return Array.from(text, (letter) => LOOK_ALIKES.get(letter) ?? letter).join('');
}
