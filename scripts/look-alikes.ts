// Writes src/domain/look-alike-data.ts: which characters a reader takes for which, from the files in scripts/unicode. Run it
// after another version of Unicode's data was put there: npx tsx scripts/look-alikes.ts
//
// Usernames' keys are stored, so other data means that all of them are computed again: an upgrade in src/stores/sql/upgrades.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folded, withoutAccents } from '../src/domain/fold-text.js';

/** Entries of Unicode's confusables, `from` always one character. */
export interface Confusable {
  readonly from: string;
  readonly to: string;
}

/** A character whose name says which letters or digit it is. */
export interface NamedLetter {
  readonly character: string;
  readonly plain: string;
}

const DIGITS = ['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE'];

/**
 * ASCII stays apart, `bobm` and `bobrn` are two people. What Unicode maps to the look of an ASCII character is mapped to that
 * character; 0 and 1 are not among them, because most of what looks like them looks like the letters o and l as well.
 */
const ASCII_BY_PROTOTYPE: Readonly<Record<string, string>> = { rn: 'm', "''": '"', '\u00b0/\u2080': '%' };

/**
 * What Unicode's list lacks or sees otherwise: the first is the look of the second in the fonts that most people read. The
 * grave accent is the one character of ASCII that is taken for another.
 */
const ALSO: Readonly<Record<string, string>> = {
  e: '\u0511\u025b',
  n: '\u043f\u03c0',
  o: '\u{10428}',
  w: '\u03c9',
  '-': '\u2015',
  "'": '`',
};

export function readConfusables(): readonly Confusable[] {
  return linesOf('confusables.txt').map(([from = '', to = '']) => ({ from: charactersOf(from), to: charactersOf(to) }));
}

export function readNamedLetters(): readonly NamedLetter[] {
  return linesOf('letter-names.txt').map(([code = '', name = '']) => {
    const digit = DIGITS.indexOf(/ DIGIT (\w+)$/.exec(name)?.[1] ?? '');
    const letters = /(?:LETTER|CAPITAL|DOTLESS|SQUARED) ([A-Z]{1,4})(?: WITH .*)?$/.exec(name)?.[1] ?? '';
    return { character: charactersOf(code), plain: digit >= 0 ? String(digit) : letters.toLowerCase() };
  });
}

/** What a character of a folded name looks like, by that character. */
export function lookAlikes(
  confusables: readonly Confusable[],
  letters: readonly NamedLetter[],
): ReadonlyMap<string, string> {
  const chosen = new Map<string, { readonly plain: string; readonly rank: number }>();
  const offer = (character: string, plain: string, rank: number): void => {
    if (!isLookAlike(character) || plain === '' || plain.includes(character)) return;
    const known = chosen.get(character);
    if (known === undefined || rank < known.rank) chosen.set(character, { plain, rank });
  };
  for (const { from, to } of confusables) {
    // With an accent it says nothing of the letter below.
    if (/\p{M}/u.test(from) || withoutAccents(from) !== folded(from, 'NFKD')) continue;
    const plain = withoutAccents(ASCII_BY_PROTOTYPE[to.replace(/\p{M}/gu, '')] ?? to);
    if (!/\p{M}/u.test(plain)) offer(withoutAccents(from), plain, rankOf(from, plain));
  }
  for (const { character, plain } of letters) offer(withoutAccents(character), plain, 3);
  for (const [plain, characters] of Object.entries(ALSO)) for (const each of characters) offer(each, plain, -1);
  const direct = new Map(Array.from(chosen, ([character, { plain }]) => [character, plain]));
  const resolved = Array.from(direct.keys(), (character) => [character, resolve(character, direct, [])] as const);
  return new Map(resolved.filter(([character, plain]) => character !== plain));
}

/**
 * Where a letter's two cases resemble different ones (Greek nu: N and v), the capital decides, because both must map alike;
 * not where it is a mere stroke, which Unicode writes as l, or resembles a digit. Letters and digits of ASCII go before
 * others; a letter by its name (3) before one with a hook that Unicode writes as an apostrophe.
 */
function rankOf(from: string, plain: string): number {
  const isCapital = from.toLowerCase() !== from;
  if (!/^[\x20-\x7e]+$/.test(plain)) return isCapital ? 5 : 6;
  if (/^'.|.'$/.test(plain)) return 4;
  return isCapital && !/[l\d]/.test(plain) ? 0 : isCapital ? 2 : 1;
}

/** One character beyond ASCII, or the grave accent: of several each is looked at alone. */
function isLookAlike(text: string): boolean {
  return Array.from(text).length === 1 && !/^[\0-_a-\x7f]$/.test(text);
}

/** To the end of the chain; where case made a ring of it, its first character stands for all. */
function resolve(character: string, direct: ReadonlyMap<string, string>, seen: readonly string[]): string {
  const next = direct.get(character);
  if (next === undefined) return character;
  if (seen.includes(character)) return [...seen].sort()[0] ?? character;
  return Array.from(next, (each) => resolve(each, direct, [...seen, character])).join('');
}

/** Groups of characters that look like the same text: its code points, a colon, theirs; all in hexadecimal. */
export function moduleText(looks: ReadonlyMap<string, string>): string {
  const byPlain = new Map<string, string[]>();
  for (const [character, plain] of looks) byPlain.set(plain, [...(byPlain.get(plain) ?? []), character]);
  const groups = Array.from(byPlain).sort(([one], [other]) => (one < other ? -1 : 1));
  const lines: string[] = [];
  for (const [plain, characters] of groups) {
    const group = `${Array.from(plain, hex).join('+')}:${characters.sort().map(hex).join()}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + group.length < LINE) lines[lines.length - 1] = `${last} ${group}`;
    else lines.push(group);
  }
  return `${HEADER}export const LOOK_ALIKE_DATA = [\n${lines.map((line) => `  '${line}',\n`).join('')}].join(' ');\n`;
}

const LINE = 180;

const HEADER = `/**
 * Made by scripts/look-alikes.ts: do not edit. What looks like what, as Unicode 18.0.0's confusables (UTS #39) and the names of
 * letters of Unicode 16.0.0 say, for characters that are left after folding. Groups of \`plain:looks\`, code points in
 * hexadecimal. \u00a9 2026 Unicode\u00ae, Inc.; terms of use and license: https://www.unicode.org/terms_of_use.html
 */
`;

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}

function charactersOf(codes: string): string {
  return String.fromCodePoint(...codes.split(' ').map((code) => Number.parseInt(code, 16)));
}

function linesOf(file: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(`unicode/${file}`, import.meta.url), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(';')]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('../src/domain/look-alike-data.ts', import.meta.url);
  writeFileSync(target, moduleText(lookAlikes(readConfusables(), readNamedLetters())));
}
