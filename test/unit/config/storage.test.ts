import { resolve } from 'node:path';
import { expect } from 'chai';
import type { Environment } from '../../../src/config/reader.js';
import { parseSettings, type StorageSettings } from '../../../src/config/settings.js';

const SECRET_KEY = 'Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA';
const MYSQL = { MYSQL_HOST: 'db', MYSQL_USER: 'u', MYSQL_PASSWORD: ' p w ', MYSQL_DATABASE: 'chat' };
const MONGODB = { MONGODB_URL: 'mongodb://mongo:27017', MONGODB_DATABASE: 'bodies' };

function storageOf(env: Environment): StorageSettings {
  const parsed = parseSettings({ SECRET_KEY, ...env });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings.storage;
}

function namesOf(env: Environment): string[] {
  const parsed = parseSettings({ SECRET_KEY, ...env });
  return parsed.ok ? [] : parsed.problems.map(({ name }) => name);
}

describe('storage settings', () => {
  it('both groups: MySQL + MongoDB', () => {
    const mysql = { host: 'db', port: 3306, user: 'u', password: ' p w ', database: 'chat', poolSize: 10 };
    const mongodb = { url: 'mongodb://mongo:27017', database: 'bodies' };
    expect(storageOf({ ...MYSQL, ...MONGODB })).to.deep.equal({ kind: 'split', mysql, mongodb, waitSeconds: 60 });
  });

  it('one group without the other names what is missing', () => {
    expect(namesOf(MYSQL)).to.deep.equal(['MONGODB_URL', 'MONGODB_DATABASE']);
    expect(namesOf(MONGODB)).to.deep.equal(['MYSQL_HOST', 'MYSQL_USER', 'MYSQL_DATABASE']);
    expect(namesOf({ DATABASE_URL: 'mysql://u:p@db/chat' })).to.deep.equal(['MONGODB_URL', 'MONGODB_DATABASE']);
  });

  for (const name of [...Object.keys(MYSQL), ...Object.keys(MONGODB)]) {
    if (name === 'MYSQL_PASSWORD') continue; // an account may have none
    it(`${name} alone missing is said so`, () => {
      expect(namesOf({ ...MYSQL, ...MONGODB, [name]: undefined })).to.deep.equal([name]);
    });
  }

  it('only databases that are shared need a key that is given', () => {
    expect(namesOf({ ...MYSQL, ...MONGODB, SECRET_KEY: undefined })).to.deep.equal(['SECRET_KEY']);
    expect(namesOf({ SECRET_KEY: undefined })).to.deep.equal([]);
  });

  it('a pool size or a waiting time alone choose no storage', () => {
    expect(storageOf({ MYSQL_POOL_SIZE: '5', STORE_WAIT_SECONDS: '1' }).kind).to.equal('embedded');
  });

  it('DATABASE_URL stands for the MySQL group', () => {
    const storage = storageOf({ DATABASE_URL: 'mysql://us%40er:p%2Fw%3A@db.example:3307/chat', ...MONGODB });
    const mysql = { host: 'db.example', port: 3307, user: 'us@er', password: 'p/w:', database: 'chat', poolSize: 10 };
    expect(storage).to.deep.include({ kind: 'split', mysql });
    const ipv6 = storageOf({ DATABASE_URL: 'mysql://u@[::1]/chat', ...MONGODB });
    expect(ipv6.kind === 'split' && ipv6.mysql).to.include({ host: '::1', port: 3306, password: '' });
  });

  it('DATABASE_URL of a file is the SQLite file, and its folder the data directory', () => {
    for (const [url, file] of [
      ['file:./here/chat.db', 'here/chat.db'],
      ['file:/srv/parley/chat.db', '/srv/parley/chat.db'],
      ['file:///srv/par%20ley/chat.db', '/srv/par ley/chat.db'],
    ] as const) {
      const path = resolve(file);
      expect(storageOf({ DATABASE_URL: url })).to.deep.equal({
        kind: 'embedded',
        dataDir: resolve(path, '..'),
        file: path,
      });
    }
    expect(namesOf({ DATABASE_URL: 'file:./a/x.db', DATA_DIR: './b' })).to.deep.equal(['DATABASE_URL']);
  });

  it('DATABASE_URL and what it replaces exclude each other', () => {
    expect(namesOf({ DATABASE_URL: 'mysql://u:p@db/chat', MYSQL_HOST: 'db', ...MONGODB })).to.deep.equal([
      'MYSQL_HOST',
    ]);
    expect(namesOf({ DATABASE_URL: 'file:./x.db', ...MONGODB })).to.deep.equal(['MONGODB_URL', 'MONGODB_DATABASE']);
  });

  it('a malformed DATABASE_URL is a problem that does not show it', () => {
    for (const url of [
      'planted',
      'postgres://planted:planted@db/chat',
      'mysql://db/planted',
      'mysql://planted:p%ZZ@db/chat',
      'mysql://planted:p@db/',
      'mysql://planted:p@db/a/b',
      'mysql://planted:p@db/chat?ssl=true',
      'file:',
      'file:planted/',
      'file:./planted.db?mode=memory',
      'file://planted/chat.db',
    ]) {
      const parsed = parseSettings({ SECRET_KEY, ...(url.startsWith('file') ? {} : MONGODB), DATABASE_URL: url });
      expect(parsed.ok ? null : parsed.problems.map(({ name }) => name), url).to.deep.equal(['DATABASE_URL']);
      expect(JSON.stringify(parsed)).not.to.contain('planted');
    }
  });

  it('a MongoDB address and database are looked at', () => {
    expect(namesOf({ ...MYSQL, MONGODB_URL: 'localhost:27017', MONGODB_DATABASE: 'a b' })).to.deep.equal([
      'MONGODB_URL',
      'MONGODB_DATABASE',
    ]);
  });
});
