import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One statement, by itself the unit that is applied and recorded. */
export interface Migration {
  /** File name without extension; the order of names is the order of application. */
  readonly name: string;
  readonly sql: string;
}

/** `schema/` lies beside `src/` in the sources and in the build alike. */
const SCHEMA = fileURLToPath(new URL('../../../../schema/', import.meta.url));

export async function loadMigrations(dialect: 'mysql' | 'sqlite'): Promise<readonly Migration[]> {
  const folder = join(SCHEMA, dialect, 'migrations');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  if (names.length === 0) throw new Error('The build holds no database migrations');
  return Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -'.sql'.length),
      sql: await readFile(join(folder, name), 'utf8'),
    })),
  );
}

/** Names of the tables that the migrations create. */
export function createdTables(migrations: readonly Migration[]): readonly string[] {
  return migrations.flatMap(({ sql }) => /^CREATE TABLE `(\w+)`/.exec(sql)?.[1] ?? []);
}
