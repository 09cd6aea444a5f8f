import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { freshStorage, startTestApp, type FreshStorage, type TestApp } from '../helpers/app.js';
import { PASSWORD, TestClient, type TestUser } from '../helpers/client.js';
import { hasMariaDb, startMariaDb } from '../helpers/servers/mariadb.js';
import type { SqlServer } from '../helpers/servers/server.js';

/** Their last bytes in UTF-8 begin a character of two bytes in gbk, sjis, big5 or gb18030: an escape behind them is lost. */
const LEADS = ['嘿', 'ぁ', '表', '縗', 'ā', '😁'];
/** What follows takes every account over where the quote ends the text. */
const attackOf = (lead: string): string => `${lead}', hashed_password='stolen' -- ${lead}"\\`;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** All rows of a table, by a connection whose own character set is certain. */
async function rowsOf(url: string, table: string): Promise<Rows> {
  const connection = await createConnection({ uri: url });
  try {
    await connection.query('SET NAMES utf8mb4');
    const [rows] = await connection.query(`SELECT * FROM ${table} ORDER BY 1, 2`);
    return rows as Rows;
  } finally {
    connection.destroy();
  }
}

async function onServer(url: string, ...statements: readonly string[]): Promise<void> {
  const connection = await createConnection({ uri: url });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
}

/** Sends the text as every text that there is; none of the answers is a failure of the server, and it comes back as it went. */
async function attackEverywhere(client: TestClient, mallory: TestUser, eve: TestUser, attack: string): Promise<void> {
  const as = client.as(mallory);
  const answers = [
    await as.put<{ full_name: string }>('/users/me', { full_name: attack }),
    await as.put('/users/me', { email: `"${attack}"@example.org` }),
    await client.as(null).post('/users/register', { username: attack, email: 'a@example.org', password: PASSWORD }),
    await client.as(null).post('/users/login', { username: attack, password: attack }),
    await as.get(`/users/search?q=${encodeURIComponent(attack)}`),
  ];
  expect((await as.get('/users/me')).body['full_name']).to.equal(attack);
  const chat = await client.createGroup(mallory, [eve], attack);
  expect(chat.name).to.equal(attack);
  answers.push(await as.put(`/chats/${chat.id}`, { name: `${attack}!` }));
  expect((await as.get(`/chats/${chat.id}`)).body['name']).to.equal(`${attack}!`);
  const draft = { chat_id: chat.id, content: attack, client_message_id: `${attack}${randomBytes(4).toString('hex')}` };
  const [first, again] = [await as.post('/messages', draft), await as.post('/messages', draft)];
  expect([first.status, first.body['content']]).to.deep.equal([201, attack]);
  expect([again.status, again.body['id']]).to.deep.equal([200, first.body['id']]);
  answers.push(await as.put(`/messages/${Number(first.body['id'])}`, { content: `${attack}?` }));
  expect((await as.get(`/messages/chat/${chat.id}`)).text).to.include(JSON.stringify(`${attack}?`).slice(1, -1));
  for (const { status, text } of answers) expect(status, text).to.be.below(500);
}

/** Attacks with every lead; afterwards nothing has changed but what was asked for. */
async function expectUnharmed(app: TestApp, url: string): Promise<void> {
  const client = new TestClient(app.url);
  const [victim, mallory, eve] = await client.registerUsers(3);
  if (victim === undefined || mallory === undefined || eve === undefined) throw new Error('three users');
  const before = await rowsOf(url, 'users');
  for (const lead of LEADS) {
    const attack = attackOf(lead);
    const named = async (): Promise<number> =>
      (await rowsOf(url, 'chats')).filter(({ name }) => name === `${attack}!`).length;
    const namedBefore = await named();
    await attackEverywhere(client, mallory, eve, attack);
    const after = await rowsOf(url, 'users');
    const mine = after.find(({ id }) => id === mallory.id);
    expect(mine?.['full_name']).to.equal(attack);
    const restored = after.map((row) => (row['id'] === mallory.id ? { ...row, ...asBefore(before, mallory.id) } : row));
    const known = restored.filter(({ id }) => before.some((row) => row['id'] === id));
    expect(known.map(withoutTimes)).to.deep.equal(before.map(withoutTimes));
    expect(await named()).to.equal(namedBefore + 1);
  }
}

function asBefore(rows: Rows, id: number) {
  const { full_name, full_name_search, email, email_key } = rows.find((row) => row['id'] === id) ?? {};
  return { full_name, full_name_search, email, email_key };
}

/** Being seen is no attack. */
function withoutTimes(row: Rows[number]) {
  return { ...row, last_seen: null };
}

function handshakeSuite(): void {
  describe('a MariaDB that does not listen to what a handshake says of character sets', function () {
    this.timeout(300_000);
    let server: SqlServer;
    before(async () => {
      server = await startMariaDb(['--skip-character-set-client-handshake', '--character-set-server=gbk']);
    });
    after(() => server.stop());

    for (const charset of ['gbk', 'sjis', 'big5', 'cp932', 'euckr', 'utf16']) {
      it(`is not led astray by texts that mean something else in ${charset}`, async () => {
        // No client can speak utf16: a server of that character set hears latin1.
        const heard = charset === 'utf16' ? 'latin1' : charset;
        await onServer(
          server.url,
          `SET GLOBAL character_set_client = ${heard}, character_set_results = ${heard},
            character_set_connection = ${heard}, character_set_server = ${charset}`,
        );
        const url = await server.createDatabase(`spoken_${charset}`);
        const app = await startTestApp({ env: { DATABASE_URL: url } });
        try {
          await expectUnharmed(app, url);
        } finally {
          await app.stop();
        }
      });
    }
  });
}

/** Every server runs `init_connect` for accounts without special rights: the same as a server's own character set. */
function initConnectSuite(): void {
  describe('a server whose sessions begin in another way', function () {
    this.timeout(300_000);
    const rights = process.env['PARLEY_TEST_MYSQL_URL'] ?? '';
    const name = `plain_${randomBytes(4).toString('hex')}`;
    let fresh: FreshStorage;
    before(async () => {
      fresh = await freshStorage();
      const { pathname } = new URL(fresh.env['DATABASE_URL'] ?? 'missing:');
      await onServer(
        rights,
        `CREATE USER ${name} IDENTIFIED BY '${name}'`,
        `GRANT ALL ON ${pathname.slice(1)}.* TO ${name}`,
      );
    });
    afterEach(() => onServer(rights, `SET GLOBAL init_connect = ''`));
    after(async () => {
      await onServer(rights, `DROP USER ${name}`);
      await fresh.remove();
    });

    for (const beginning of [
      'SET NAMES gbk',
      'SET NAMES sjis',
      "SET SESSION sql_mode = ''NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT''",
      "SET autocommit = 0, collation_connection = utf8mb4_unicode_ci, time_zone = ''+09:00''",
    ]) {
      it(`is set right: ${beginning.replaceAll("''", "'")}`, async () => {
        await onServer(rights, `SET GLOBAL init_connect = '${beginning}'`);
        const url = new URL(fresh.env['DATABASE_URL'] ?? 'missing:');
        [url.username, url.password] = [name, name];
        const app = await startTestApp({ storage: { env: { ...fresh.env, DATABASE_URL: url.href } } });
        try {
          await expectUnharmed(app, fresh.env['DATABASE_URL'] ?? 'missing:');
        } finally {
          await app.stop();
        }
      });
    }
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') {
  if (hasMariaDb()) handshakeSuite();
  initConnectSuite();
}
