import { expect } from 'chai';
import { openRaw, type RawStores } from './raw-stores.js';

/** What is wrong in the stores, by kind; all empty on sound data. */
export interface Damage {
  /** Visible messages without an intact body. */
  readonly dangling: readonly string[];
  /** (chat, sender, client_message_id) that more than one message has. */
  readonly doubled: readonly string[];
  /** Chats whose seqs are not 1..last_seq, or whose counters disagree with their rows. */
  readonly miscounted: readonly string[];
  /** Active chats that nobody is in, groups without an admin, pairs with more than one direct chat. */
  readonly deserted: readonly string[];
  /** Bodies that a deletion filed and that were marked erased, but are there. */
  readonly unerased: readonly string[];
}

export interface Audit {
  readonly damage: Damage;
  readonly messages: number;
  /** Bodies that neither a row nor the file of old ones names: harmless until a sweeper takes them. */
  readonly orphans: readonly string[];
  /** Bodies that are filed and still there. */
  readonly waiting: number;
}

/** Reads both stores whole, with the drivers alone. Nothing may be writing meanwhile. */
export async function audit(env: Readonly<Record<string, string>>): Promise<Audit> {
  const raw = await openRaw(env);
  try {
    return await inspect(raw);
  } finally {
    await raw.close();
  }
}

const NONE: Damage = { dangling: [], doubled: [], miscounted: [], deserted: [], unerased: [] };

/** Fails with what is damaged. */
export async function expectSound(env: Readonly<Record<string, string>>): Promise<Audit> {
  const found = await audit(env);
  expect(found.damage, JSON.stringify(found.damage)).to.deep.equal(NONE);
  return found;
}

async function inspect(raw: RawStores): Promise<Audit> {
  const bodies = new Map((await raw.bodies()).map((one) => [one.id, one]));
  const rows = await raw.query('SELECT hex(body_id) AS body_id, chat_id, seq, is_deleted FROM message_metadata');
  const filed = await raw.query('SELECT hex(body_id) AS body_id, erased_at FROM old_bodies');
  const idOf = (row: Readonly<Record<string, unknown>>): string => String(row['body_id']).toLowerCase();
  const named = new Set([...rows, ...filed].map(idOf));
  const visible = rows.filter((row) => Number(row['is_deleted']) === 0);
  return {
    messages: visible.length,
    orphans: [...bodies.keys()].filter((id) => !named.has(id)),
    waiting: filed.filter((row) => bodies.has(idOf(row))).length,
    damage: {
      dangling: visible.filter((row) => bodies.get(idOf(row))?.intact !== true).map(place),
      doubled: (await raw.query(DOUBLED)).map(text),
      miscounted: (await raw.query(MISCOUNTED)).map(text),
      deserted: [...(await raw.query(EMPTY)), ...(await raw.query(ADMINLESS)), ...(await raw.query(TWICE))].map(text),
      unerased: filed.filter((row) => row['erased_at'] !== null && bodies.has(idOf(row))).map(idOf),
    },
  };
}

function place(row: Readonly<Record<string, unknown>>): string {
  return `chat ${String(row['chat_id'])} seq ${String(row['seq'])}`;
}

function text(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

const DOUBLED = `SELECT chat_id, sender_id, COUNT(*) AS times FROM message_metadata
  WHERE client_message_id IS NOT NULL GROUP BY chat_id, sender_id, client_message_id HAVING COUNT(*) > 1`;

const MISCOUNTED = `SELECT c.id AS chat_id, c.last_seq, c.visible_count, c.last_visible_seq, c.rev,
    COUNT(m.seq) AS found, COALESCE(MAX(m.seq), 0) AS highest, COALESCE(MIN(m.seq), 1) AS lowest
  FROM chats c LEFT JOIN message_metadata m ON m.chat_id = c.id
  GROUP BY c.id, c.last_seq, c.visible_count, c.last_visible_seq, c.rev
  HAVING COUNT(m.seq) <> c.last_seq OR COALESCE(MAX(m.seq), 0) <> c.last_seq OR COALESCE(MIN(m.seq), 1) <> 1
    OR COALESCE(SUM(CASE WHEN m.is_deleted = FALSE THEN 1 ELSE 0 END), 0) <> c.visible_count
    OR COALESCE(MAX(CASE WHEN m.is_deleted = FALSE THEN m.seq ELSE 0 END), 0) <> c.last_visible_seq
    OR COALESCE(MAX(m.rev), 0) > c.rev`;

const EMPTY = `SELECT c.id AS empty_chat FROM chats c WHERE c.is_active AND NOT EXISTS
  (SELECT 1 FROM chat_participants p WHERE p.chat_id = c.id AND p.left_at IS NULL)`;

const ADMINLESS = `SELECT c.id AS chat_without_admin FROM chats c WHERE c.is_active AND c.chat_type = 'group' AND NOT EXISTS
  (SELECT 1 FROM chat_participants p WHERE p.chat_id = c.id AND p.left_at IS NULL AND p.is_admin)`;

const TWICE = `SELECT a.user_id AS one, b.user_id AS other, COUNT(*) AS direct_chats
  FROM chats c JOIN chat_participants a ON a.chat_id = c.id JOIN chat_participants b ON b.chat_id = c.id AND b.user_id > a.user_id
  WHERE c.chat_type = 'direct' GROUP BY a.user_id, b.user_id HAVING COUNT(*) > 1`;
