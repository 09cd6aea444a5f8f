import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runProcess, type Run } from './run.js';

const MYSQL = { MYSQL_HOST: 'db', MYSQL_USER: 'u', MYSQL_PASSWORD: 'planted-password', MYSQL_DATABASE: 'chat' };
const DEEP = { recursive: true };
const MONGODB = { MONGODB_URL: 'mongodb://u:planted-password@mongo', MONGODB_DATABASE: 'bodies' };

describe('a start that is refused', function () {
  this.timeout(60_000);
  let directory: string;
  const runs: Run[] = [];
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'parley-start-'))));
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.dispose()));
    rmSync(directory, { recursive: true });
  });

  function start(env: Record<string, string>): Run {
    const run = runProcess({ file: 'src/main.ts' }, directory, { PORT: '0', ...env });
    runs.push(run);
    return run;
  }

  const refused: [string, Record<string, string>, string[]][] = [
    ['default secret in production', { NODE_ENV: 'production', SECRET_KEY: 'your-secret-key-here' }, ['SECRET_KEY']],
    ['DEBUG in production', { NODE_ENV: 'production', DEBUG: 'true' }, ['DEBUG']],
    ['two databases and no secret', { ...MYSQL, ...MONGODB }, ['SECRET_KEY']],
    [
      'all at once',
      { PORT: 'planted', ALGORITHM: 'none', ...MYSQL },
      ['PORT', 'ALGORITHM', 'MONGODB_URL', 'MONGODB_DATABASE'],
    ],
  ];
  for (const [what, env, names] of refused) {
    it(`names the setting and leaves nothing behind: ${what}`, async () => {
      const run = start(env);
      expect(await run.exit()).to.equal(1);
      const named = run.events().map(({ setting }) => setting);
      expect(named).to.include.members(names);
      for (const { setting, msg } of run.events()) expect(msg).to.match(new RegExp(`^${String(setting)} `));
      expect(run.output()).not.to.contain('planted').and.not.to.contain('    at ');
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  }

  it('reads .env, too', async () => {
    writeFileSync(join(directory, '.env'), 'BCRYPT_COST=planted\n');
    const run = start({});
    expect(await run.exit()).to.equal(1);
    expect(run.events().map(({ setting }) => setting)).to.deep.equal(['BCRYPT_COST']);
  });

  const unreadable: [string, (path: string) => void][] = [
    ['a directory', (path) => mkdirSync(path)],
    ['a link to nowhere', (path) => symlinkSync('nowhere', path)],
    ['a link to itself', (path) => symlinkSync('.env', path)],
  ];
  for (const [what, make] of unreadable) {
    it(`names .env in one line where it is ${what}`, async () => {
      make(join(directory, '.env'));
      const run = start({});
      expect(await run.exit()).to.equal(1);
      expect(run.events()).to.have.lengthOf(1);
      expect(run.events()[0]).to.include({ level: 'error' });
      expect(run.events()[0]?.['msg']).to.match(/^\.env (is|cannot be) /);
      expect(run.output()).not.to.contain('    at ');
      expect(readdirSync(directory)).to.deep.equal(['.env']);
    });
  }

  it('is said on standard error where the log is silent', async () => {
    const run = start({ LOG_LEVEL: 'silent', DATA_DIR: place('file', (path) => writeFileSync(path, '')) });
    expect(await run.exit()).to.equal(1);
    expect(run.output()).to.match(/^Parley cannot go on: DATA_DIR .* is not a directory\n$/);
    expect(run.events()).to.deep.equal([]);
  });

  it('makes no embedded database for a name or a value in .env that is not what it seems', async () => {
    writeFileSync(join(directory, '.env'), 'MYSQL_HOSTNAME=planted\nSTATS_TOKEN=0123456789abcdef#planted\n');
    const run = start({});
    expect(await run.exit()).to.equal(1);
    expect(run.events().map(({ level, setting }) => [level, setting])).to.deep.equal([
      ['error', 'MYSQL_HOSTNAME'],
      ['error', 'STATS_TOKEN'],
    ]);
    expect(run.output()).not.to.contain('planted');
    expect(readdirSync(directory)).to.deep.equal(['.env']);
  });

  it('lists a weak secret beside what refuses the start, and lines of .env that set nothing without their text', async () => {
    writeFileSync(join(directory, '.env'), 'PORT: planted\nBCRYPT_COST=planted\nSECRET_KEY=short\n');
    const run = start({});
    expect(await run.exit()).to.equal(1);
    expect(run.events().map(({ level, setting, lines }) => [level, setting ?? lines])).to.deep.equal([
      ['warn', [1]],
      ['warn', 'SECRET_KEY'],
      ['error', 'BCRYPT_COST'],
    ]);
    expect(run.output()).not.to.contain('planted');
  });

  it('names the file that is no database', async () => {
    const file = join(directory, 'data', 'parley.db');
    mkdirSync(join(directory, 'data'));
    writeFileSync(file, 'no database, '.repeat(1_000));
    const run = start({});
    expect(await run.exit()).to.equal(1);
    expect(run.events().at(-1)?.['msg']).to.contain(file).and.to.contain('SQLITE_NOTADB');
    expect(run.output()).not.to.contain('    at ');
  });

  const places: [string, () => string][] = [
    ['below /proc, which takes no entries', () => '/proc/parley/data'],
    ['a file', () => place('file', (path) => writeFileSync(path, ''))],
    [
      'below a file',
      () =>
        join(
          place('file', (path) => writeFileSync(path, '')),
          'data',
        ),
    ],
    ['a link to nowhere', () => place('link', (path) => symlinkSync(join(directory, 'nowhere'), path))],
    [
      'below a link to nowhere',
      () =>
        join(
          place('link', (path) => symlinkSync('nowhere', path)),
          'a',
          'data',
        ),
    ],
    ['a link to itself', () => place('link', (path) => symlinkSync(path, path))],
    ['where the secret key is a directory', () => place('data', (path) => mkdirSync(join(path, 'secret-key'), DEEP))],
    ['where the lock is a directory', () => place('data', (path) => mkdirSync(join(path, 'parley.lock', 'x'), DEEP))],
  ];
  for (const [what, make] of places) {
    it(`names DATA_DIR in one line: ${what}`, async () => {
      const run = start({ DATA_DIR: make() });
      expect(await run.exit()).to.equal(1);
      const errors = run.events().filter(({ level }) => level !== 'info');
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]).to.include({ level: 'error' });
      expect(errors[0]?.['msg']).to.match(/^Parley cannot go on: .*DATA_DIR/);
      expect(run.output()).not.to.contain('    at ');
    });
  }

  function place(name: string, make: (path: string) => void): string {
    const path = join(directory, name);
    make(path);
    return path;
  }

  it('a busy port is said in one line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const run = start({ PORT: String(port) });
    const code = await run.exit().finally(() => other.close());
    expect(code).to.equal(1);
    const last = run.events().at(-1);
    expect(last?.['level']).to.equal('error');
    expect(last?.['msg'])
      .to.match(/EADDRINUSE|in use/)
      .and.to.contain(String(port));
    expect(run.output()).not.to.contain('    at ');
  });
});
