import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';

/**
 * What the column `hashed_password` holds: `p1` and a bcrypt value over base64(HMAC-SHA-384(password)), 64 characters,
 * so that every byte of a long password counts although bcrypt reads only 72. The HMAC key is public and fixed: it
 * keeps values apart from other uses of the hash and is no pepper. A value without the prefix comes from an earlier
 * database: bcrypt over the password itself.
 *
 * The password is taken in its composed form (NFC), since one keyboard sends an é as one character and another as two.
 * Older values were made from whatever form was typed. Nothing in a value says which, so that a value tells nothing about
 * the characters of its password either.
 */
const PREFIX = 'p1';
const HMAC_KEY = 'parley/password/v1';
const PATTERN = /^(p1)?\$2[aby]\$(0[4-9]|[12]\d|3[01])\$([./A-Za-z0-9]{53})$/;

/** The digest's place in a value that nobody's password has: 31 characters of bcrypt's alphabet. */
const NO_DIGEST = '.'.repeat(31);

export function shorten(password: string): string {
  return createHmac('sha384', HMAC_KEY).update(password, 'utf8').digest('base64');
}

/** The form of which values are made. */
export function storedForm(password: string): string {
  return password.normalize('NFC');
}

/** Every form of which the value of this password may have been made, the present one first. Most passwords have one. */
export function formsOf(password: string): readonly string[] {
  return [...new Set([storedForm(password), password, password.normalize('NFD')])];
}

export function ourValue(hash: string): string {
  return `${PREFIX}${hash}`;
}

export interface StoredPassword {
  readonly scheme: 'ours' | 'plain';
  readonly cost: number;
  /** As bcrypt compares it. */
  readonly hash: string;
}

/** null: no such value could have been written by us or by the earlier backend. */
export function parseStored(stored: string): StoredPassword | null {
  const match = PATTERN.exec(stored);
  if (match === null) return null;
  const scheme = match[1] === PREFIX ? 'ours' : 'plain';
  // The letters name implementations with and without old bugs; the computation is that of 2b.
  return { scheme, cost: Number(match[2]), hash: `$2b$${match[2]}$${match[3]}` };
}

/** Takes as long as a real one of this cost, and nobody's password matches it. */
export function dummyPassword(cost: number): StoredPassword {
  return { scheme: 'ours', cost, hash: bcrypt.genSaltSync(cost) + NO_DIGEST };
}
