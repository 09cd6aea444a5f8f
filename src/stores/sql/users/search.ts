import type { User } from '../../../domain/user.js';
import { gramsToAsk } from '../../../domain/search-grams.js';
import { searchText } from '../../../domain/user-keys.js';
import type { Words } from '../words.js';
import type { Session, SqlDatabase, SqlRow, SqlValue } from '../database.js';
import { USER_COLUMNS, userOf } from './rows.js';

/** Usernames that begin with the text, and users that its grams lead to: together at most 2,000, whose names are compared. */
const BEGINNINGS = 400;
const CANDIDATES = 1_600;
/** Grams of the text of which it is asked how many users they lead to. */
const COUNTED = 6;

/**
 * Active users whose username or full name contains `text`: first those whose username begins with it, then the others, each
 * by username. No more than 2,000 names are compared, whatever is asked. Where the rarest gram leads to more users than
 * that, the usernames that begin with the text come from the index of usernames all the same, and the others are the
 * accounts of longest standing.
 */
export async function searchUserRows(sql: SqlDatabase, text: string, limit: number): Promise<readonly User[]> {
  const folded = searchText(text);
  // INSTR compares bytes and knows no wildcards, on every dialect: `%` and `_` are ordinary characters.
  const wanted = Buffer.from(folded, 'utf8');
  if (wanted.length === 0) return [];
  return sql.read(async (session) => {
    const first = byName(await select(session, beginning(wanted), wanted, limit));
    const missing = limit - first.length;
    if (missing === 0) return first.map(userOf);
    const grams = gramsToAsk(folded);
    const source = grams.length === 0 ? anyone() : leading(sql.words, await byRarity(session, grams));
    if (source === null) return first.map(userOf);
    const known = new Set(first.map((row) => Number(row['id'])));
    // So many of them are known at most.
    const found = await select(session, source, wanted, missing + first.length);
    const others = found.filter((row) => !known.has(Number(row['id']))).slice(0, missing);
    return [...first, ...byName(others)].map(userOf);
  });
}

/** A FROM clause that ends with the table of users, and what its rows fulfil and in which order the first of them count. */
interface Source {
  readonly from: string;
  readonly where: string;
  readonly order: string;
  readonly values: readonly SqlValue[];
}

const COLUMNS = USER_COLUMNS.map((name) => `users.${name}`).join(', ');

const BY_NAME = 'users.username_search, users.id';

/** The first of `source` whose names contain the text. */
async function select(session: Session, source: Source, wanted: Uint8Array, limit: number): Promise<readonly SqlRow[]> {
  return session.query(
    `SELECT ${COLUMNS} FROM ${source.from} WHERE ${source.where} AND users.is_active = 1
     AND (INSTR(users.username_search, ?) > 0 OR INSTR(users.full_name_search, ?) > 0)
     ORDER BY ${source.order} LIMIT ?`,
    [...source.values, wanted, wanted, limit],
  );
}

function byName(rows: readonly SqlRow[]): readonly SqlRow[] {
  const keyed = rows.map((row) => ({ row, name: Buffer.from(searchText(String(row['username']))) }));
  return keyed
    .sort((one, other) => Buffer.compare(one.name, other.name) || Number(one.row['id']) - Number(other.row['id']))
    .map(({ row }) => row);
}

/** By the index of usernames. No byte of UTF-8 is 255, so that everything that begins with the text lies before it. */
function beginning(wanted: Uint8Array): Source {
  const first = `SELECT id FROM users WHERE username_search >= ? AND username_search < ?
    ORDER BY username_search, id LIMIT ${BEGINNINGS}`;
  return {
    from: `(${first}) AS candidates JOIN users ON users.id = candidates.id`,
    where: '1 = 1',
    order: BY_NAME,
    values: [wanted, Buffer.concat([wanted, Buffer.of(255)])],
  };
}

/** Texts of one code point have no grams, and are hardly asked for: a search takes two, before they are folded. */
function anyone(): Source {
  const first = `SELECT id FROM users ORDER BY username_search, id LIMIT ${CANDIDATES}`;
  return {
    from: `(${first}) AS candidates JOIN users ON users.id = candidates.id`,
    where: '1 = 1',
    order: BY_NAME,
    values: [],
  };
}

interface Counted {
  readonly gram: number;
  /** Counted no further than the candidates and one. */
  readonly users: number;
  /** The id of the last of them. */
  readonly last: number;
}

/** How many users each gram leads to, rarest first. */
async function byRarity(session: Session, grams: readonly number[]): Promise<readonly Counted[]> {
  const asked = grams.slice(0, COUNTED);
  const count = `SELECT ? AS gram, COUNT(*) AS users, MAX(user_id) AS last FROM
    (SELECT user_id FROM user_pairs WHERE gram = ? ORDER BY user_id LIMIT ${CANDIDATES + 1}) AS some`;
  const rows = await session.query(
    asked.map(() => count).join(' UNION ALL '),
    asked.flatMap((gram) => [gram, gram]),
  );
  return rows
    .map((row) => ({ gram: Number(row['gram']), users: Number(row['users']), last: Number(row['last']) }))
    .sort((one, other) => one.users - other.users || one.gram - other.gram);
}

/**
 * Whom the grams lead to; null: nobody. Where that is not everybody, the first by id, and no names are read where the next
 * gram does not lead to the same user, which costs half as much.
 */
function leading(words: Words, [rarest, next]: readonly Counted[]): Source | null {
  if (rarest === undefined || rarest.users === 0) return null;
  // In this order: a plan that begins with another table reads all of it.
  const join = words.inOrder;
  const users = `${join} users ON users.id = pairs.user_id`;
  const where = 'pairs.gram = ? AND pairs.user_id <= ?';
  if (rarest.users <= CANDIDATES || next === undefined) {
    const order = rarest.users <= CANDIDATES ? BY_NAME : 'pairs.user_id';
    return { from: `user_pairs AS pairs ${users}`, where, order, values: [rarest.gram, rarest.last] };
  }
  return {
    from: `user_pairs AS pairs ${join} user_pairs AS others ON others.gram = ? AND others.user_id = pairs.user_id ${users}`,
    where,
    order: 'pairs.user_id',
    values: [next.gram, rarest.gram, rarest.last],
  };
}
