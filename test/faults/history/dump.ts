import { Binary, MongoClient } from 'mongodb';
import { MESSAGES } from '../../../schema/mongo/messages.js';
import { contentHash } from '../../../src/stores/content-hash.js';
import type { StoreSet, StorageOptions } from '../../../src/stores/open-stores.js';
import type { SqlRow } from '../../../src/stores/sql/database.js';
import type { Dump, DumpedBody, DumpedChat, DumpedMessage, Seen } from './entries.js';

export interface DumpOptions {
  readonly stores: Pick<StoreSet, 'sql'>;
  readonly storage: StorageOptions;
  /** How a member reads a chat over the public API; only chats with a view are compared with their members'. */
  readonly views?: readonly { readonly user: number; readonly chat: number; readonly items: readonly Seen[] }[];
  /** Infinity where no sweeper has run. */
  readonly sweepAgeMs?: number;
  readonly erased?: boolean;
}

/** Both stores as they are, read past the ports: nothing that a reader would smooth over is missed. */
export async function takeDump(options: DumpOptions): Promise<Dump> {
  const { stores, storage, views = [], sweepAgeMs = Infinity, erased = false } = options;
  const tables = await stores.sql.snapshot(async (session) => ({
    chats: await session.query('SELECT id, name, last_seq, rev, changed_rev FROM chats ORDER BY id'),
    participants: await session.query('SELECT chat_id, user_id, rev, left_at FROM chat_participants'),
    messages: await session.query(
      `SELECT id, chat_id, seq, sender_id, client_message_id, created_rev, rev, version, is_deleted, body_id
       FROM message_metadata ORDER BY chat_id, seq`,
    ),
    filed: await session.query('SELECT body_id FROM old_bodies'),
  }));
  return {
    takenAt: (await stores.sql.read((session) => session.now())).getTime(),
    sweepAgeMs,
    erased,
    chats: tables.chats.map((row) => toChat(row, tables.participants)),
    messages: tables.messages.map(toMessage),
    bodies: await bodiesOf(stores, storage),
    filed: tables.filed.map((row) => hex(row['body_id'])),
    views,
  };
}

function toChat(row: SqlRow, participants: readonly SqlRow[]): DumpedChat {
  const id = Number(row['id']);
  const rows = participants.filter((one) => Number(one['chat_id']) === id);
  const members = rows.filter((one) => one['left_at'] === null).map((one) => Number(one['user_id']));
  const otherRevs = [...rows.map((one) => Number(one['rev'])), Number(row['changed_rev'])];
  const name = typeof row['name'] === 'string' ? row['name'] : null;
  return { id, name, lastSeq: Number(row['last_seq']), rev: Number(row['rev']), otherRevs, members };
}

function toMessage(row: SqlRow): DumpedMessage {
  const key = row['client_message_id'];
  return {
    id: Number(row['id']),
    chat: Number(row['chat_id']),
    seq: Number(row['seq']),
    sender: Number(row['sender_id']),
    key: key instanceof Uint8Array ? Buffer.from(key).toString('utf8') : null,
    createdRev: Number(row['created_rev']),
    rev: Number(row['rev']),
    version: Number(row['version']),
    deleted: Number(row['is_deleted']) === 1,
    body: hex(row['body_id']),
  };
}

async function bodiesOf(stores: DumpOptions['stores'], storage: StorageOptions): Promise<readonly DumpedBody[]> {
  switch (storage.kind) {
    case 'embedded': {
      const rows = await stores.sql.read((session) => session.query('SELECT id, content, sha256 FROM bodies'));
      return rows.map((row) => toBody(hex(row['id']), row['content'], row['sha256']));
    }
    case 'split': {
      const client = new MongoClient(storage.mongodb.url, { promoteBuffers: false });
      try {
        const all = await client.db(storage.mongodb.database).collection<{ _id: Binary }>(MESSAGES).find().toArray();
        return all.map((document: Readonly<Record<string, unknown>>) =>
          toBody(hex(document['_id']), document['content'], document['sha256']),
        );
      } finally {
        await client.close();
      }
    }
    default:
      return storage satisfies never;
  }
}

function toBody(id: string, content: unknown, sha256: unknown): DumpedBody {
  const text = typeof content === 'string' ? content : '';
  // The first 48 bits of a UUIDv7 are its time.
  const mintedAt = Number.parseInt(id.slice(0, 12), 16);
  return { id, content: text, intact: contentHash(text).toString('hex') === hex(sha256), mintedAt };
}

function hex(bytes: unknown): string {
  if (bytes instanceof Binary) return Buffer.from(bytes.value()).toString('hex');
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
}
