import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { hasMariaDb, startMariaDb } from '../helpers/servers/mariadb.js';
import { hasMongoDb, startMongoDb } from '../helpers/servers/mongodb.js';
import { hasMySql, startMySql } from '../helpers/servers/mysql.js';
import type { DatabaseServer, SqlServer } from '../helpers/servers/server.js';

interface NoteRow extends RowDataPacket {
  text: string;
}

async function writeNote(url: string, text: string): Promise<void> {
  const connection = await createConnection({ uri: url });
  await connection.query('CREATE TABLE IF NOT EXISTS notes (text VARCHAR(100) NOT NULL)');
  await connection.query('INSERT INTO notes (text) VALUES (?)', [text]);
  connection.destroy();
}

async function readNotes(url: string): Promise<string[]> {
  const connection = await createConnection({ uri: url });
  const [rows] = await connection.query<NoteRow[]>('SELECT text FROM notes ORDER BY text');
  connection.destroy();
  return rows.map((row) => row.text);
}

async function variable(url: string, name: string): Promise<unknown> {
  const connection = await createConnection({ uri: url });
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT @@${name} AS value`);
  connection.destroy();
  return rows[0]?.['value'];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const sqlServers = [
  { name: 'MariaDB', available: hasMariaDb(), start: startMariaDb, version: /mariadb/i },
  { name: 'MySQL', available: hasMySql(), start: startMySql, version: /^(?!.*mariadb)/i },
];

// They belong to the leg that runs on real servers; the embedded leg promises to need none.
if (process.env['PARLEY_TEST_STORE'] === 'split') {
  for (const { name, start, version } of sqlServers.filter(({ available }) => available)) {
    describe(`private ${name}`, function () {
      this.timeout(120_000);
      let server: SqlServer;

      before(async () => {
        server = await start();
      });
      after(() => server.stop());

      it('is the real product, durable on every commit, with four-byte text', async () => {
        expect(await variable(server.url, 'version')).to.match(version);
        expect(await variable(server.url, 'innodb_flush_log_at_trx_commit')).to.equal(1);
        expect(await variable(server.url, 'character_set_database')).to.equal('utf8mb4');
      });

      it('has a folder for temporary files of its own, which no other server empties as it starts', async () => {
        const datadir = String(await variable(server.url, 'datadir'));
        expect(await variable(server.url, 'tmpdir')).to.equal(join(dirname(datadir.replace(/\/$/, '')), 'tmp'));
      });

      it('keeps what was committed through kill -9 and restart', async () => {
        const before = server.pid;
        await writeNote(server.url, 'kept \u{1F426}');
        await server.kill9();
        expect(isAlive(before)).to.equal(false);
        expect(() => server.pid).to.throw('not running');
        await server.restart();
        expect(server.pid).to.not.equal(before);
        expect(await readNotes(server.url)).to.deep.equal(['kept \u{1F426}']);
      });

      it('restarts cleanly while it runs', async () => {
        const before = server.pid;
        await server.restart();
        expect(isAlive(before)).to.equal(false);
        await writeNote(server.url, 'later');
        expect(await readNotes(server.url)).to.include('later');
      });

      it('creates databases that share nothing', async () => {
        const url = await server.createDatabase('second');
        await writeNote(url, 'second');
        expect(await readNotes(url)).to.deep.equal(['second']);
        expect(await readNotes(server.url)).to.not.include('second');
      });

      it('is gone after stop', async () => {
        const pid = server.pid;
        await server.stop();
        expect(isAlive(pid)).to.equal(false);
      });
    });
  }

  if (hasMongoDb()) {
    describe('private mongod', function () {
      this.timeout(120_000);
      let server: DatabaseServer;

      before(async () => {
        server = await startMongoDb();
      });
      after(() => server.stop());

      it('keeps what it acknowledged as journaled through kill -9 and restart', async () => {
        const before = server.pid;
        const writer = await MongoClient.connect(server.url, { writeConcern: { w: 'majority', j: true } });
        const ids = Array.from({ length: 100 }, (_, index) => index);
        const notes = (client: MongoClient) => client.db('parley').collection<{ _id: number }>('notes');
        const result = await notes(writer).insertMany(ids.map((_id) => ({ _id })));
        expect(result.acknowledged).to.equal(true);
        await server.kill9();
        await writer.close();
        expect(isAlive(before)).to.equal(false);
        await server.restart();
        const reader = await MongoClient.connect(server.url);
        expect(await notes(reader).countDocuments()).to.equal(ids.length);
        await reader.close();
      });

      it('is gone after stop', async () => {
        const pid = server.pid;
        await server.stop();
        expect(isAlive(pid)).to.equal(false);
      });
    });
  }
}
