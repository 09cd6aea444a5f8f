import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { Binary, MongoClient } from 'mongodb';
import { createConnection } from 'mysql2/promise';
import { v7 } from 'uuid';
import { MESSAGES, type MessageDocument } from '../../../schema/mongo/messages.js';

export type Row = Readonly<Record<string, unknown>>;

export interface RawBody {
  /** Lower-case hex. */
  readonly id: string;
  readonly content: string;
  /** Whether the text is the one that the hash beside it was made of. */
  readonly intact: boolean;
}

/**
 * The stores as a stranger finds them, with the drivers alone: what proves the product right must not be the product.
 * Ids of 16 bytes come as `hex(column)`.
 */
export interface RawStores {
  query(text: string): Promise<readonly Row[]>;
  bodies(): Promise<readonly RawBody[]>;
  close(): Promise<void>;
}

/** `env`: the settings that name the storage. */
export async function openRaw(env: Readonly<Record<string, string>>): Promise<RawStores> {
  return env['DATABASE_URL'] === undefined ? openFile(join(env['DATA_DIR'] ?? '.', 'parley.db')) : openServers(env);
}

/** Stores an intact body that no row names, as a batch that died leaves it; minted `ageMs` ago. Answers its id in hex. */
export async function plantBody(env: Readonly<Record<string, string>>, chatId: number, ageMs: number): Promise<string> {
  const id = Buffer.from(v7({ msecs: Date.now() - ageMs }, new Uint8Array(16)));
  const content = 'planted';
  const sha256 = createHash('sha256').update(content, 'utf8').digest();
  if (env['MONGODB_URL'] === undefined) {
    const client = createClient({ url: `file:${join(env['DATA_DIR'] ?? '.', 'parley.db')}` });
    await client.execute('PRAGMA busy_timeout = 5000');
    const columns = 'id, message_id, chat_id, sender_id, content, timestamp, sha256';
    await client
      .execute({
        sql: `INSERT INTO bodies (${columns}) VALUES (?, ?, ?, 1, ?, ?, ?)`,
        args: [id, id, chatId, content, Date.now() - ageMs, sha256],
      })
      .finally(() => client.close());
  } else {
    const mongo = await MongoClient.connect(env['MONGODB_URL']);
    const uuid = new Binary(id, Binary.SUBTYPE_UUID);
    const rest = { chat_id: chatId, sender_id: 1, content, timestamp: new Date(Date.now() - ageMs) };
    await mongo
      .db(env['MONGODB_DATABASE'])
      .collection<MessageDocument<Binary>>(MESSAGES)
      .insertOne({ _id: uuid, message_id: uuid, ...rest, sha256: new Binary(sha256) })
      .finally(() => mongo.close());
  }
  return id.toString('hex');
}

function openFile(file: string): RawStores {
  const client = createClient({ url: `file:${file}` });
  const query = async (text: string): Promise<readonly Row[]> =>
    (await client.execute(text)).rows.map((row) => ({ ...row }));
  return {
    query,
    async bodies() {
      const rows = await query('SELECT hex(id) AS id, content, hex(sha256) AS sha256 FROM bodies');
      return rows.map((row) => body(String(row['id']), String(row['content']), String(row['sha256'])));
    },
    close() {
      client.close();
      return Promise.resolve();
    },
  };
}

async function openServers(env: Readonly<Record<string, string>>): Promise<RawStores> {
  const sql = await createConnection({ uri: env['DATABASE_URL'] ?? '', supportBigNumbers: true });
  const mongo = await MongoClient.connect(env['MONGODB_URL'] ?? '');
  const messages = mongo
    .db(env['MONGODB_DATABASE'])
    .collection<{ _id: Binary; content: string; sha256: Binary }>(MESSAGES);
  return {
    async query(text) {
      const [rows] = await sql.query(text);
      return rows as Row[];
    },
    async bodies() {
      const found = await messages.find({}, { projection: { content: 1, sha256: 1 } }).toArray();
      return found.map(({ _id, content, sha256 }) => body(_id.toString('hex'), content, sha256.toString('hex')));
    },
    async close() {
      await Promise.all([sql.end(), mongo.close()]);
    },
  };
}

function body(id: string, content: string, sha256: string): RawBody {
  const hash = createHash('sha256').update(content, 'utf8').digest('hex');
  return { id: id.toLowerCase(), content, intact: hash === sha256.toLowerCase() };
}
