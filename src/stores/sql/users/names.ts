import { gramsOf } from '../../../domain/search-grams.js';
import { searchText, usernameKey } from '../../../domain/user-keys.js';
import type { Words } from '../words.js';
import type { Session } from '../database.js';

/** Bytes of the search columns; one compatibility character can unfold to eighteen. */
const SEARCH_BYTES = { username: 2_048, fullName: 4_096 } as const;
/**
 * Of each name so many folded code points are found by, twice the longest name. Only names of characters that unfold to
 * many are longer; one of them could have 3,000 rows in user_pairs.
 */
const SEARCHED_CODE_POINTS = 200;
/** MySQL's packets: 5,000 rows are 100 KB of text. */
const ROWS_AT_ONCE = 5_000;

export type Gram = readonly [gram: number, userId: number];

export function usernameColumns(username: string): { readonly usernameKey: string; readonly usernameSearch: string } {
  return { usernameKey: usernameKey(username), usernameSearch: searchColumn(username, SEARCH_BYTES.username) };
}

export function fullNameColumns(fullName: string | null): { readonly fullNameSearch: string | null } {
  return { fullNameSearch: fullName === null ? null : searchColumn(fullName, SEARCH_BYTES.fullName) };
}

/** The rows of user_pairs that lead to a user, from the search columns of the user's own row. */
export function gramsOfNames(usernameSearch: string, fullNameSearch: string | null): ReadonlySet<number> {
  const ofUsername = gramsOf(usernameSearch, SEARCHED_CODE_POINTS);
  return new Set([...ofUsername, ...gramsOf(fullNameSearch ?? '', SEARCHED_CODE_POINTS)]);
}

/** Writes those that are not there. In the transaction that writes the names, so that a search never sees one without the other. */
export async function addGrams(tx: Session, words: Words, grams: readonly Gram[]): Promise<void> {
  // In the order of the key, so that neighbours of a large insertion share their pages.
  const rows = [...grams].sort(([one, a], [other, b]) => one - other || a - b);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    const { text, values } = words.insertionOfNew('user_pairs', ['gram', 'user_id'], some);
    await tx.run(text, values);
  }
}

export async function removeGrams(tx: Session, words: Words, userId: number, grams: readonly number[]): Promise<void> {
  if (grams.length === 0) return;
  const list = words.listOf(grams);
  await tx.run(`DELETE FROM user_pairs WHERE user_id = ? AND gram IN ${list.text}`, [userId, ...list.values]);
}

/** What fits; cut between characters. */
function searchColumn(text: string, bytes: number): string {
  const folded = searchText(text);
  if (Buffer.byteLength(folded) <= bytes) return folded;
  return Buffer.from(folded)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd+$/u, '');
}
