import { expect } from 'chai';
import { VERSION } from '../../src/domain/version.js';
import { migrate } from '../../src/stores/sql/migrate.js';
import { createdTables, loadMigrations, type Migration } from '../../src/stores/sql/migrations/load.js';
import { emptyDatabase, type EmptyDatabase } from './empty-database.js';

describe('migrations', () => {
  let migrations: readonly Migration[];
  let fresh: EmptyDatabase;
  let wanted: readonly string[];

  before(async () => {
    fresh = await emptyDatabase();
    migrations = await loadMigrations(fresh.dialect);
    await apply(fresh, migrations);
    wanted = await fresh.schema();
  });
  after(() => fresh.remove());

  /** One migrator from its start to its end, as a process would run it. */
  async function apply(
    database: EmptyDatabase,
    list: readonly Migration[],
    hook?: (text: string) => void | Promise<void>,
    report?: (step: { name: string; number: number; of: number }) => void,
  ): Promise<number> {
    const target = await database.target(hook);
    try {
      return await migrate(target, list, report);
    } finally {
      await target.close();
    }
  }

  async function onEmpty(test: (database: EmptyDatabase) => Promise<void>): Promise<void> {
    const database = await emptyDatabase();
    try {
      await test(database);
    } finally {
      await database.remove();
    }
  }

  it('make every table, and nothing the second time', async () => {
    const tables = wanted.filter((line) => line.startsWith('table ')).map((line) => line.slice('table '.length));
    expect(tables).to.include.members([...createdTables(migrations), 'parley_migrations']);
    const steps: string[] = [];
    expect(await apply(fresh, migrations, undefined, ({ name }) => steps.push(name))).to.equal(0);
    expect(steps).to.deep.equal([]);
    expect(await fresh.schema()).to.deep.equal(wanted);
  });

  it('leave a schema that is the one described, key by key', () => {
    expect(wanted).to.include.members([...fresh.described]);
  });

  it('give an upgraded database the schema of a fresh one, wherever it stood', () =>
    onEmpty(async (database) => {
      for (const upTo of [1, Math.floor(migrations.length / 2), migrations.length]) {
        await apply(database, migrations.slice(0, upTo));
      }
      expect(await database.schema()).to.deep.equal(wanted);
    }));

  it('report each step with its place', () =>
    onEmpty(async (database) => {
      const steps: string[] = [];
      await apply(database, migrations, undefined, ({ name, number, of }) => steps.push(`${number}/${of} ${name}`));
      expect(steps).to.deep.equal(migrations.map(({ name }, at) => `${at + 1}/${migrations.length} ${name}`));
    }));

  /** Runs a migrator that is killed before statement `survives` of its own; answers that statement, null if it ended. */
  async function killedBefore(database: EmptyDatabase, survives: number): Promise<string | null> {
    let statements = 0;
    const killed: string[] = [];
    const kill = (text: string): void => {
      if (statements++ !== survives) return;
      killed.push(text);
      throw new Error('killed');
    };
    await apply(database, migrations, kill).catch((error: unknown) => {
      if (killed.length === 0) throw error;
    });
    return killed[0] ?? null;
  }

  it('go on after a kill before any statement, again and again', () =>
    onEmpty(async (database) => {
      const killed: string[] = [];
      // SQLite keeps nothing of a killed migrator, so every next one lives one statement longer. In MySQL statements last:
      // killed before its fourth, fifth and sixth in turn, migrators stop at each point of each migration.
      const survivals = (run: number): number => (database.dialect === 'mysql' && run > 5 ? 3 + (run % 3) : run);
      for (let run = 0; run < 1_000; run += 1) {
        const text = await killedBefore(database, survivals(run));
        if (text === null) break;
        killed.push(text);
      }
      expect(await database.schema()).to.deep.equal(wanted);
      for (const { name, sql } of migrations) expect(killed, `never killed before ${name}`).to.include(sql);
      const records = killed.filter((text) => /^(INSERT|UPDATE) .*parley_migrations/.test(text));
      expect(records.length).to.be.at.least(migrations.length);
    })).timeout(60_000);

  it('are applied once by three that start together', () =>
    onEmpty(async (database) => {
      const applied = await Promise.all(Array.from({ length: 3 }, () => apply(database, migrations)));
      expect(applied.sort((a, b) => a - b)).to.deep.equal([0, 0, migrations.length]);
      expect(await database.schema()).to.deep.equal(wanted);
    }));

  for (const statement of [
    'CREATE TABLE users (id INTEGER PRIMARY KEY, username VARCHAR(50))',
    'CREATE TABLE message_metadata (id INTEGER PRIMARY KEY)',
  ]) {
    it(`refuse a database of another program: ${statement.split(' (')[0]}`, () =>
      onEmpty(async (database) => {
        await database.run(statement);
        const before = await database.schema();
        const refusal = await apply(database, migrations).then(
          () => '',
          (error: unknown) => (error instanceof Error ? error.message : ''),
        );
        expect(refusal).to.match(/already holds tables that Parley did not create \((users|message_metadata)\)/);
        expect(refusal).to.include('nothing was changed');
        expect(await database.schema()).to.deep.equal(before);
      }));
  }

  it('live beside tables of other names', () =>
    onEmpty(async (database) => {
      await database.run('CREATE TABLE somebody_elses (id INTEGER PRIMARY KEY)');
      expect(await apply(database, migrations)).to.equal(migrations.length);
    }));

  it('stop at a statement that fails, and say which error it was', () =>
    onEmpty(async (database) => {
      const broken = [...migrations, { name: '9999_01_broken', sql: 'CREATE TABLE `broken` (' }];
      expect(await refusalOf(database, broken)).to.be.instanceOf(Error);
      // SQLite keeps nothing of it; in MySQL it has begun, and only a build that knows it may go on.
      const behind = await refusalOf(database, migrations);
      if (database.dialect === 'sqlite') expect(behind).to.equal(null);
      else expect(behind?.message).to.include('9999_01_broken');
      expect(await database.schema()).to.deep.equal(wanted);
    }));

  async function refusalOf(database: EmptyDatabase, list: readonly Migration[]): Promise<Error | null> {
    return apply(database, list).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error('no error')),
    );
  }

  /** What a build does first that does not exist yet. */
  const LATER: Migration = { name: '9998_01_create_later', sql: 'CREATE TABLE `later` (id INTEGER PRIMARY KEY)' };

  it('refuse a database that a newer build has changed, name both, and change nothing', () =>
    onEmpty(async (database) => {
      const newest = migrations.at(-1)?.name ?? '';
      // Most of what this build knows is still to be done: not even that is touched.
      await apply(database, [...migrations.slice(0, 3), LATER]);
      await database.run(`UPDATE parley_migrations SET version = '9.8.7'`);
      const before = await database.schema();
      const message = (await refusalOf(database, migrations))?.message ?? '';
      for (const said of [LATER.name, 'Parley 9.8.7', newest, `Parley ${VERSION}`, 'Nothing was changed']) {
        expect(message).to.include(said);
      }
      expect(await database.schema()).to.deep.equal(before);
      // The newer build itself goes on where it stood, and so does one that is newer still.
      expect(await apply(database, [...migrations, LATER])).to.equal(migrations.length - 3);
    }));

  it('record which version applied them', () =>
    onEmpty(async (database) => {
      await apply(database, migrations);
      const target = await database.target();
      const { byName } = await target.records().finally(() => target.close());
      for (const { name } of migrations)
        expect(byName.get(name)).to.deep.equal({ state: 'finished', version: VERSION });
    }));

  it('go on from a table of records that says nothing of versions', () =>
    onEmpty(async (database) => {
      const half = Math.floor(migrations.length / 2);
      await apply(database, migrations.slice(0, half));
      await database.run('ALTER TABLE parley_migrations DROP COLUMN version');
      expect(await apply(database, migrations)).to.equal(migrations.length - half);
      const target = await database.target();
      const { byName } = await target.records().finally(() => target.close());
      expect([migrations[0], migrations.at(-1)].map((one) => byName.get(one?.name ?? '')?.version)).to.deep.equal([
        null,
        VERSION,
      ]);
      // An older build that did not record versions is refused as well, and told so.
      await database.run('ALTER TABLE parley_migrations DROP COLUMN version');
      const message = (await refusalOf(database, migrations.slice(0, half)))?.message;
      expect(message).to.include('(version not recorded)').and.include(migrations.at(-1)?.name);
    }));
});
