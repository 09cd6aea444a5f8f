import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import { at, draft, group, people, stored } from '../conformance/chat-store.fixtures.js';
import { startProxiedApp, type ProxiedApp } from '../faults/proxy/proxied-app.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

const TABLES = ['users', 'chats', 'chat_participants', 'message_metadata', 'old_bodies', 'data_set', 'leases'];
const MEMBERS = [2, 10, 40];
const SENDS = [1, 7, 100];

/** Each row of each table as a text, for comparing the database of before with that of after. */
type Snapshot = ReadonlyMap<string, readonly string[]>;

describe('what a batch of sends costs', () => {
  let texts: string[] = [];
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores({ onStatement: (text) => void texts.push(text) });
  });
  after(() => stores.close());

  async function snapshot(): Promise<Snapshot> {
    const tables = new Map<string, readonly string[]>();
    for (const table of TABLES) {
      const rows = await stores.sql.read((session) => session.query(`SELECT * FROM ${table}`));
      tables.set(
        table,
        rows.map((row) => JSON.stringify(row)),
      );
    }
    return tables;
  }

  /** By table, how many rows came and how many were changed; tables that stayed as they were are left out. */
  function difference(before: Snapshot, after: Snapshot): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [table, rows] of after) {
      const old = new Set(before.get(table));
      const fresh = rows.filter((row) => !old.has(row)).length;
      const added = rows.length - old.size;
      if (fresh > 0 || added > 0) found[table] = `${added} new, ${fresh - added} changed`;
    }
    return found;
  }

  /** The chat's members are known from a batch before, as they are while people talk. */
  async function busyGroup(members: number): Promise<{ readonly chatId: number; readonly ada: User }> {
    const users = await people(stores, members);
    const ada = at(users, 0);
    const chatId = (await group(stores, users)).chat.id;
    (await stores.messages.append([draft(chatId, ada, 'first')])).map(stored);
    return { chatId, ada };
  }

  async function append(chatId: number, ada: User, sends: number): Promise<readonly string[]> {
    texts = [];
    const drafts = Array.from({ length: sends }, (_, index) =>
      draft(chatId, ada, `said ${index}`, `k${sends}-${index}`),
    );
    const outcomes = await stores.messages.append(drafts);
    outcomes.map(stored);
    return texts;
  }

  it('is one number of statements, whatever the members and the sends', async () => {
    const counts: number[] = [];
    for (const members of MEMBERS) {
      const { chatId, ada } = await busyGroup(members);
      for (const sends of SENDS) counts.push((await append(chatId, ada, sends)).length);
    }
    expect(new Set(counts).size, `statements: ${counts.join(', ')}`).to.equal(1);
    expect(counts[0]).to.be.at.most(8);
  });

  it('is a row for each message, and for nobody who is to read it', async () => {
    for (const members of MEMBERS) {
      const { chatId, ada } = await busyGroup(members);
      for (const sends of SENDS) {
        const before = await snapshot();
        await append(chatId, ada, sends);
        expect(difference(before, await snapshot()), `${members} members, ${sends} sends`).to.deep.equal({
          chats: '0 new, 1 changed',
          // The sender's own read mark.
          chat_participants: '0 new, 1 changed',
          message_metadata: `${sends} new, 0 changed`,
        });
      }
    }
  });
});

/** SQLite has no wire. */
function roundTripSuite(): void {
  describe('the round trips of a batch of sends', () => {
    let proxied: ProxiedApp;
    before(async () => {
      proxied = await startProxiedApp();
    });
    after(() => proxied.stop());

    it('are two to MySQL and one to MongoDB, whatever the members and the sends', async () => {
      const { stores } = proxied.app;
      const packets: { connection: number; command: string }[] = [];
      let bodies = 0;
      proxied.sql.when(
        ({ direction, connection, command }) => {
          if (direction === 'request') packets.push({ connection, command });
          return false;
        },
        { kind: 'swallow' },
      );
      proxied.mongo.when(
        ({ direction, command }) => {
          if (direction === 'request' && command === 'insert') bodies += 1;
          return false;
        },
        { kind: 'swallow' },
      );
      // A connection is set up once, and this one then serves all batches that come one after the other.
      const [eve] = await people(stores, 1);
      if (eve === undefined) throw new Error('a person');
      await stores.messages.append([draft((await group(stores, [eve])).chat.id, eve, 'first')]);
      for (const members of MEMBERS) {
        const users = await people(stores, members);
        const chatId = (await group(stores, users)).chat.id;
        for (const sends of [1, ...SENDS]) {
          const key = `${members}-${sends}-${packets.length}`;
          const drafts = Array.from({ length: sends }, (_, index) =>
            draft(chatId, at(users, 0), 'hello', `${key}-${index}`),
          );
          packets.length = 0;
          bodies = 0;
          (await stores.messages.append(drafts)).map(stored);
          // Others of the server may be asking for something meanwhile, on connections of their own.
          const batch = packets.find(({ command }) => /insert into message_metadata/i.test(command))?.connection;
          const trips = packets.filter(({ connection }) => connection === batch).length;
          expect({ trips, bodies }, `${members} members, ${sends} sends`).to.deep.equal({ trips: 2, bodies: 1 });
        }
      }
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') roundTripSuite();
