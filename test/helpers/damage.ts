import { Binary, MongoClient, type Collection } from 'mongodb';
import { sendRaw } from './mongo-raw.js';
import type { SqlValue } from '../../src/stores/sql/database.js';
import type { TestStores } from './stores.js';

/** What damage is done to: of a test's stores, or of a whole app with its settings. */
export type Damaged = Pick<TestStores, 'sql' | 'bodies' | 'storage'>;

/** Changes made by hand, behind the back of every port. */
export interface Damage {
  /** Another text in a stored body, its hash left as it was. */
  alterBody(id: Uint8Array, content: string): Promise<void>;
  /** Bytes that are no UTF-8 as the text of a body, as a flipped bit on the disk leaves them. */
  spoilBody(id: Uint8Array): Promise<void>;
  removeBody(id: Uint8Array): Promise<void>;
  /** Another message's id in a body's document. */
  misnameBody(id: Uint8Array, messageId: Uint8Array): Promise<void>;
  /** A body as a late or lost write leaves it. */
  plantBody(body: { id: Uint8Array; messageId: Uint8Array; chatId: number }): Promise<void>;
  /** Every id there is. */
  bodyIds(): Promise<readonly string[]>;
  /** One statement on the SQL database. */
  sql(text: string, values?: readonly SqlValue[]): Promise<void>;
  close(): Promise<void>;
}

interface BodyDocument {
  _id: Binary;
  [field: string]: unknown;
}

export async function damageTo(stores: Damaged): Promise<Damage> {
  const { storage } = stores;
  const sql: Damage['sql'] = (text, values = []) =>
    stores.sql.transaction((tx) => tx.run(text, values)).then(() => undefined);
  const common = {
    sql,
    removeBody: (id: Uint8Array) => stores.bodies.delete([id]),
    plantBody: async ({ id, messageId, chatId }: Parameters<Damage['plantBody']>[0]) => {
      const body = { id, messageId, chatId, senderId: 1, content: 'planted', timestamp: new Date() };
      await stores.bodies.insert([body]);
    },
    async bodyIds() {
      const ids: string[] = [];
      for (let cursor: Uint8Array | null = null; ;) {
        const { bodies, next } = await stores.bodies.walk(cursor, 1_000);
        ids.push(...bodies.map(({ id }) => Buffer.from(id).toString('hex')));
        if (next === null) return ids;
        cursor = next;
      }
    },
  };
  if (storage.kind === 'embedded') {
    return {
      ...common,
      alterBody: (id, content) => sql('UPDATE bodies SET content = ? WHERE id = ?', [content, id]),
      spoilBody: (id) => sql(`UPDATE bodies SET content = CAST(x'fffe41' AS TEXT) WHERE id = ?`, [id]),
      misnameBody: (id, messageId) => sql('UPDATE bodies SET message_id = ? WHERE id = ?', [messageId, id]),
      close: () => Promise.resolve(),
    };
  }
  const client = await MongoClient.connect(storage.mongodb.url);
  const messages: Collection<BodyDocument> = client.db(storage.mongodb.database).collection('messages');
  return {
    ...common,
    async alterBody(id, content) {
      await messages.updateOne({ _id: new Binary(id, Binary.SUBTYPE_UUID) }, { $set: { content } });
    },
    async spoilBody(id) {
      const mark = '~to~be~spoilt~';
      const updates = [{ q: { _id: new Binary(id, Binary.SUBTYPE_UUID) }, u: { $set: { content: mark } } }];
      const command = { update: 'messages', updates, $db: storage.mongodb.database };
      await sendRaw(storage.mongodb.url, command, (bytes) => {
        bytes.fill(0xff, bytes.indexOf(mark), bytes.indexOf(mark) + 3);
      });
    },
    async misnameBody(id, messageId) {
      const [filter, name] = [new Binary(id, Binary.SUBTYPE_UUID), new Binary(messageId, Binary.SUBTYPE_UUID)];
      await messages.updateOne({ _id: filter }, { $set: { message_id: name } });
    },
    close: () => client.close(),
  };
}
