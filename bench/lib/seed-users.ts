import { createTokenService } from '../../src/identity/token-service.js';
import { usernameKey } from '../../src/domain/user-keys.js';
import { SECRET_KEY, startParley } from './parley.js';
import type { BenchUser } from './population.js';
import type { RawStore } from './raw-rows.js';
import { openRaw } from './raw-store.js';
import type { DataSet } from './storage.js';

/** Rows per statement: SQLite takes no more than 32,766 values. */
const BATCH = 1_000;
/** Of the form that the server expects and of no password. */
const NO_PASSWORD = `p1$2b$04$${'.'.repeat(53)}`;

const USER_COLUMNS =
  'id, username, username_key, username_search, email, email_key, hashed_password, is_active, created_at';
const CHAT_COLUMNS = 'id, chat_type, direct_key, created_at, updated_at, is_active';
const PARTICIPANT_COLUMNS = 'chat_id, user_id, joined_at, is_admin';

/** Places whose numbers differ in one of these bits share a chat, so that everybody has one with each of five others. */
const PARTNER_BITS = [1, 2, 4, 8, 16];

/** One of them, with the chat that they share with the neighbour. */
export interface SeededUser extends BenchUser {
  readonly chatId: number;
}

/**
 * Users with five direct chats each, written by raw drivers into an empty data set: through the API ten thousand take
 * minutes. `count` is a multiple of 32. No server may be running.
 */
export async function seedUsers(data: DataSet, count: number): Promise<readonly SeededUser[]> {
  // The server makes the tables.
  await (await startParley(data)).stop();
  const ids = Array.from({ length: count }, (_, place) => place + 1);
  const pairs = ids.flatMap((_, place) =>
    PARTNER_BITS.flatMap((bit) => (place < (place ^ bit) ? [[place + 1, (place ^ bit) + 1] as const] : [])),
  );
  const now = new Date();
  const raw = await openRaw(data);
  try {
    await inBatches(raw, 'users', USER_COLUMNS, ids, (id) => [userRow(id, now)]);
    await inBatches(raw, 'chats', CHAT_COLUMNS, pairs, ([low, high], at) => [
      [at + 1, 'direct', Buffer.from(`${low}:${high}`), now, now, 1],
    ]);
    await inBatches(raw, 'chat_participants', PARTICIPANT_COLUMNS, pairs, (pair, at) =>
      pair.map((userId) => [at + 1, userId, now, 0]),
    );
  } finally {
    await raw.close();
  }
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const tokens = createTokenService({ secretKey: SECRET_KEY, minutes: 1_440, clock });
  const chatIds = new Map(pairs.flatMap(([low, high], at) => (high - low === 1 ? [[low >> 1, at + 1]] : [])));
  return ids.map((id) => {
    const chatId = chatIds.get((id - 1) >> 1) ?? Number.NaN;
    return { id, username: nameOf(id), token: tokens.issue(id).token, chatId };
  });
}

function nameOf(id: number): string {
  return `idle${id}`;
}

function userRow(id: number, now: Date): unknown[] {
  const name = nameOf(id);
  const email = Buffer.from(`${name}@example.com`);
  const names = [name, Buffer.from(usernameKey(name)), Buffer.from(name)];
  return [id, ...names, email.toString(), email, NO_PASSWORD, 1, now];
}

async function inBatches<T>(
  raw: RawStore,
  table: string,
  columns: string,
  items: readonly T[],
  rowsOf: (item: T, at: number) => unknown[][],
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    const rows = items.slice(start, start + BATCH).flatMap((item, at) => rowsOf(item, start + at));
    await raw.insert(table, columns, rows);
  }
}
