import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStores } from '../../../src/stores/open-stores.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { at, group, people, send } from '../../conformance/chat-store.fixtures.js';
import { freshStorage, settingsOf, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import { silentLogger, type TestStores } from '../../helpers/stores.js';
import { runProcess, type Run } from './run.js';

describe('the commands of operators', function () {
  this.timeout(120_000);
  const isSplit = process.env['PARLEY_TEST_STORE'] === 'split';
  let directory: string;
  let storage: FreshStorage;
  const runs: Run[] = [];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'parley-verify-'));
    storage = await freshStorage();
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.dispose()));
    await storage.remove();
    rmSync(directory, { recursive: true });
  });

  function start(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
    const run = runProcess({ file, args }, directory, {
      ...TEST_ENVIRONMENT,
      ...storage.env,
      LOG_LEVEL: 'info',
      ...env,
    });
    runs.push(run);
    return run;
  }

  async function result(file: string, ...args: string[]): Promise<{ code: number | string | null; output: string }> {
    const run = start(file, args);
    return { code: await run.exit(), output: run.output() };
  }

  const verify = (...args: string[]) => result('src/verify.ts', ...args);
  const backup = (...args: string[]) => result('src/backup.ts', ...args);

  /** On the same data, while no other process has it. */
  async function withStores<T>(work: (stores: Omit<TestStores, 'storage'>) => Promise<T>): Promise<T> {
    const settings = settingsOf({ ...TEST_ENVIRONMENT, ...storage.env });
    const stores = await openStores(settings.storage, { clock: systemClock, logger: silentLogger });
    try {
      return await work(stores);
    } finally {
      await stores.close();
    }
  }

  it('verify says what is wrong by its exit code, and repairs only when it is asked to', async () => {
    const chatId = await withStores(async (stores) => {
      const users = await people(stores, 1);
      const { chat } = await group(stores, users);
      await send(stores, chat.id, at(users, 0), 'a canary in a coal mine');
      return chat.id;
    });
    await withStores(({ sql }) =>
      sql.transaction((tx) => tx.run('UPDATE chats SET visible_count = 7 WHERE id = ?', [chatId])),
    );
    const broken = await verify();
    expect(broken.code).to.equal(1);
    expect(broken.output).to.contain('visible_counts: 1').and.to.contain(`chat ${chatId}`).and.to.contain('--repair');
    const repaired = await verify('--repair');
    expect(repaired.code).to.equal(0);
    expect(repaired.output).to.contain('1 recounted').and.not.to.contain('canary');
    const clean = await verify();
    expect(clean.code).to.equal(0);
    expect(clean.output).to.match(/^clean$/m);
    expect((await verify()).code).to.equal(0);
  });

  it('verify names what it cannot mend, with ids only', async () => {
    const message = await withStores(async (stores) => {
      const users = await people(stores, 1);
      const { chat } = await group(stores, users);
      const sent = await send(stores, chat.id, at(users, 0), 'a canary in a coal mine');
      await stores.bodies.delete([at(await stores.inspection.rows(0, 1), 0).bodyId]);
      return sent;
    });
    const { code, output } = await verify('--repair');
    expect(code).to.equal(1);
    expect(output).to.contain(`message ${message.id}, seq 1`).and.not.to.contain('canary');
    const { output: json } = await verify('--json', '--restored');
    const report = JSON.parse(json.split('\n').find((line) => line.startsWith('{"clean"')) ?? '') as object;
    expect(report).to.include({ clean: false, restored: true });
    expect(json).not.to.contain('canary');
  });

  it('verify and backup exit with 2 when they cannot run', async () => {
    for (const [file, args, env] of [
      ['src/verify.ts', ['--nonsense'], {}],
      ['src/verify.ts', [], { PORT: 'planted' }],
      ['src/backup.ts', ['begin', '--hours', '0'], {}],
    ] as const) {
      const run = start(file, args, env);
      expect(await run.exit(), `${file} ${args.join(' ')}`).to.equal(2);
      expect(run.output()).not.to.contain('planted').and.not.to.contain('    at ');
    }
  });

  it('verify --json that cannot run prints one object with the error, and a silent log hides no failure', async () => {
    for (const [args, env, error] of [
      [['--json', '--nonsense'], {}, 'verify takes --repair'],
      [['--json'], { PORT: 'planted' }, 'PORT must be'],
      [['--json'], { LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'nowhere') }, 'Nothing was changed'],
    ] as const) {
      const run = start('src/verify.ts', args, env);
      let text = '';
      run.child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      expect(await run.exit(), error).to.equal(2);
      const told = JSON.parse(text) as { error: string };
      expect(Object.keys(told)).to.deep.equal(['error']);
      expect(told.error).to.contain(error).and.not.to.contain('planted');
      // Twice: for the program, and for people on standard error.
      expect(run.output().split(error)).to.have.lengthOf(3);
    }
    const silent = start('src/backup.ts', ['nonsense'], { LOG_LEVEL: 'silent' });
    expect(await silent.exit()).to.equal(2);
    expect(silent.output()).to.contain('Parley cannot go on: backup takes begin');
  });

  it('verify and backup create nothing where there is nothing', async () => {
    const nowhere = join(directory, 'nowhere');
    const run = start('src/verify.ts', ['--repair', '--restored'], { DATA_DIR: nowhere });
    expect(await run.exit()).to.equal(2);
    expect(run.output()).to.contain('Nothing was changed').and.not.to.contain('clean');
    expect(existsSync(nowhere)).to.equal(false);
    for (const action of ['begin', 'status', 'end']) {
      const refused = start('src/backup.ts', [action], isSplit ? {} : { DATA_DIR: nowhere });
      expect(await refused.exit(), action).to.equal(2);
      expect(refused.output()).to.contain('Nothing was changed').and.not.to.contain('    at ');
    }
    expect(existsSync(nowhere)).to.equal(false);
    if (!isSplit) return;
    // Still as empty as it was.
    expect((await verify()).output).to.contain('holds no data of Parley. Nothing was changed. Check that the settings');
  });

  /** What the database remembers of the schema, as another version of Parley leaves it. */
  const VERSIONS = [
    ['older', `DELETE FROM parley_migrations WHERE name LIKE '0001_04%'`],
    ['newer', `UPDATE parley_migrations SET name = '9999_01_later' WHERE name LIKE '0001_04%'`],
    ['older', `UPDATE parley_migrations SET state = 'started' WHERE name LIKE '0001_04%'`],
  ] as const;
  for (const [version, text] of VERSIONS) {
    it(`verify and backup leave a schema that is ${version} alone: ${text}`, async () => {
      await withStores(({ sql }) => sql.transaction((tx) => tx.run(text)));
      const { code, output } = await verify();
      expect(code).to.equal(2);
      expect(output).to.contain(`${version} Parley`);
      const status = await backup('status');
      expect(status.code).to.equal(2);
      expect(status.output).to.contain(`${version} Parley`);
    });
  }

  if (isSplit) {
    it('backup begins, refuses another, tells and ends', async () => {
      await withStores(() => Promise.resolve());
      const begun = await backup('begin', '--hours', '1');
      expect(begun.code).to.equal(0);
      expect(begun.output).to.match(/until \d{4}-\d\d-\d\dT/);
      const other = await backup('begin', '--name', 'other');
      expect(other.code).to.equal(1);
      expect(other.output).to.match(/another backup is under way until \S+, begun with --name backup/);
      expect((await backup('status')).output).to.match(/a backup is under way until \S+, begun with --name backup/);
      const notBegun = await backup('end', '--name', 'other');
      expect(notBegun.code).to.equal(1);
      expect(notBegun.output).to.contain('no backup of that name').and.to.contain('a backup is under way until');
      expect((await verify()).output).to.contain('a backup holds its lease until');
      const ended = await backup('end');
      expect(ended.code).to.equal(0);
      expect(ended.output).to.contain('no backup is under way');
      expect((await backup('end')).code).to.equal(1);
    });

    it('verify runs beside a server', async () => {
      const server = start('src/main.ts', []);
      await server.event((event) => typeof event['url'] === 'string');
      expect((await verify()).code).to.equal(0);
    });
    return;
  }

  it('backup has nothing to pause on embedded storage, and says so, beside a server too', async () => {
    const server = start('src/main.ts', []);
    await server.event((event) => typeof event['url'] === 'string');
    const { code, output } = await backup('begin');
    expect(code).to.equal(0);
    expect(output).to.contain('embedded storage is one file');
    await server.dispose();
    // Not by what the server's own lock keeps away either.
    expect((await backup('status')).code).to.equal(0);
  });

  it('verify tells whose server has to be stopped first', async () => {
    const server = start('src/main.ts', []);
    await server.event((event) => typeof event['url'] === 'string');
    const { code, output } = await verify();
    expect(code).to.equal(2);
    expect(output).to.contain(`pid ${server.child.pid}`).and.to.contain('Stop it first');
  });
});
