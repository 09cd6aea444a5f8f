import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import type { MessageResource } from '../../src/protocol/resources.js';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { TestClient, type TestUser } from '../helpers/client.js';
import { hasMariaDb, startMariaDb } from '../helpers/servers/mariadb.js';
import { hasMySql, startMySql } from '../helpers/servers/mysql.js';
import type { SqlServer } from '../helpers/servers/server.js';
import { connect, dropSockets } from '../helpers/ws-client.js';

/** As Galera and circular replication set it: each server of seven takes every seventh id. */
const STEP = 7;
const OFFSET = 3;
const SENDERS = 5;
const SENDS_EACH = 20;

const servers = [
  { name: 'MariaDB', available: hasMariaDb(), start: startMariaDb },
  { name: 'MySQL', available: hasMySql(), start: startMySql },
];

// A server's global setting needs a server of one's own; the embedded leg promises to need none.
if (process.env['PARLEY_TEST_STORE'] === 'split') {
  for (const { name, start } of servers.filter(({ available }) => available)) {
    describe(`ids in steps of ${STEP} on ${name}`, function () {
      this.timeout(120_000);
      let server: SqlServer;
      let app: TestApp;
      let client: TestClient;
      let inserts = 0;

      before(async () => {
        server = await start();
        const connection = await createConnection({ uri: server.url });
        await connection.query(`SET GLOBAL auto_increment_increment = ${STEP}, auto_increment_offset = ${OFFSET}`);
        await connection.end();
        app = await startTestApp({
          env: { DATABASE_URL: server.url },
          storeHooks: {
            onStatement(text) {
              if (/^INSERT INTO message_metadata/.test(text)) inserts += 1;
            },
          },
        });
        client = new TestClient(app.url);
      });
      afterEach(dropSockets);
      after(async () => {
        await app.stop();
        await server.stop();
      });

      interface Answered {
        readonly id: number;
        readonly content: string;
      }

      /** Half of them by socket, half over REST, all at once. */
      async function burst(user: TestUser, chatId: number): Promise<Answered[]> {
        const socket = await connect(`${app.wsUrl}/${chatId}?token=${user.token}`);
        await socket.sync();
        const contents = Array.from({ length: SENDS_EACH }, (_, index) => `${user.username} says ${index}`);
        return Promise.all(
          contents.map(async (content, index) => {
            if (index % 2 === 0) return { id: (await client.send(user, { id: chatId }, content)).id, content };
            socket.send({ type: 'message', content, id: content });
            const ack = await socket.next((frame) => frame['type'] === 'ack' && frame['id'] === content, 30_000);
            return { id: Number(ack['message_id']), content };
          }),
        );
      }

      it('finds every message of a shared commit by the id that its acknowledgement gave', async () => {
        const users = await client.registerUsers(SENDERS, 'stepper');
        const [creator, ...others] = users;
        if (creator === undefined) throw new Error('nobody registered');
        const chat = await client.createGroup(creator, others);
        for (const { id } of [...users, chat]) expect(id % STEP).to.equal(OFFSET);
        inserts = 0;
        const answered = (await Promise.all(users.map((user) => burst(user, chat.id)))).flat();
        expect(inserts, 'sends shared statements').to.be.below(answered.length / 2);

        expect(new Set(answered.map(({ id }) => id)).size).to.equal(SENDERS * SENDS_EACH);
        for (const { id, content } of answered) {
          expect(id % STEP, content).to.equal(OFFSET);
          const found = await client.as(creator).get<MessageResource>(`/messages/${id}`);
          expect(found.body, found.text).to.include({ id, content });
        }
      });
    });
  }
}
