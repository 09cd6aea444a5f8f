import { LOOK_ALIKE_DATA } from './look-alike-data.js';

/** What each character looks like that looks like another, or like several. */
const PLAIN_BY_LOOK: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKE_DATA.split(' ').flatMap((group) => {
    const [plain = '', looks = ''] = group.split(':');
    const text = plain.split('+').map(characterOf).join('');
    return looks.split(',').map((look) => [characterOf(look), text] as const);
  }),
);

/**
 * Replaces every character that looks like another one by that one. Takes case-folded text without accents, and gives text of
 * which nothing looks like anything else. ASCII stays apart (`bob1` and `bobl` are two people), but for the grave accent.
 */
export function withoutLookAlikes(text: string): string {
  return Array.from(text, (character) => PLAIN_BY_LOOK.get(character) ?? character).join('');
}

function characterOf(code: string): string {
  return String.fromCodePoint(Number.parseInt(code, 16));
}
