import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { getTableConfig as mysqlConfig } from 'drizzle-orm/mysql-core';
import { getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import { createConnection } from 'mysql2/promise';
import * as mysqlTables from '../../schema/mysql/tables.js';
import * as sqliteTables from '../../schema/sqlite/tables.js';
import { mysqlMigrationTarget } from '../../src/stores/sql/migrations/mysql.js';
import { sqliteMigrationTarget } from '../../src/stores/sql/migrations/sqlite.js';
import type { MigrationHook, MigrationTarget } from '../../src/stores/sql/migrations/target.js';
import { freshStorage, settingsOf } from '../helpers/app.js';

/** An empty database of the kind that PARLEY_TEST_STORE names, seen from outside. */
export interface EmptyDatabase {
  readonly dialect: 'mysql' | 'sqlite';
  /** Lines of `schema()` that the table files call for. */
  readonly described: readonly string[];
  /** What the database itself says it holds: tables, columns, keys, indexes, references; sorted lines. */
  schema(): Promise<readonly string[]>;
  run(statement: string): Promise<void>;
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  target(hook?: MigrationHook): Promise<MigrationTarget>;
  readonly remove: () => Promise<void>;
}

export async function emptyDatabase(): Promise<EmptyDatabase> {
  const fresh = await freshStorage();
  const { storage } = settingsOf({ SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA', ...fresh.env });
  if (storage.kind === 'embedded') return sqlite(join(storage.dataDir, 'migrated.db'), () => fresh.remove());
  return mysql(storage.mysql, () => fresh.remove());
}

function sqlite(file: string, remove: () => Promise<void>): EmptyDatabase {
  const query = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const client = createClient({ url: `file:${file}` });
    try {
      return (await client.execute(sql)).rows;
    } finally {
      client.close();
    }
  };
  return {
    dialect: 'sqlite',
    described: Object.values(sqliteTables).flatMap((table) => {
      const { name, columns, indexes, uniqueConstraints } = sqliteConfig(table);
      return [
        `table ${name}`,
        ...columns.map((column) => `column ${name}.${column.name} ${column.getSQLType()} ${column.notNull ? 1 : 0}`),
        ...indexes.map((index) => `index ${index.config.name} 0`),
        ...uniqueConstraints.map((key) => `index ${key.getName() ?? ''} 1`),
      ];
    }),
    async schema() {
      const tables = await query(`SELECT name, sql FROM sqlite_master WHERE type = 'table'`);
      const lines = tables.flatMap(({ name, sql }) => [
        `table ${String(name)}`,
        `made ${String(name)} by ${String(sql)}`,
      ]);
      for (const { name } of tables) {
        for (const column of await query(`SELECT * FROM pragma_table_info('${String(name)}')`)) {
          lines.push(
            `column ${String(name)}.${String(column['name'])} ${String(column['type']).toLowerCase()} ${String(column['notnull'])}`,
          );
        }
        for (const index of await query(`SELECT * FROM pragma_index_list('${String(name)}')`)) {
          lines.push(`index ${String(index['name'])} ${String(index['unique'])}`);
          const columns = await query(`SELECT name FROM pragma_index_info('${String(index['name'])}')`);
          lines.push(`index ${String(index['name'])} on ${columns.map((column) => String(column['name'])).join()}`);
        }
      }
      return lines.sort();
    },
    async run(statement) {
      await query(statement);
    },
    query,
    target: (hook) => sqliteMigrationTarget(file, hook),
    remove,
  };
}

function mysql(target: Parameters<typeof mysqlMigrationTarget>[0], remove: () => Promise<void>): EmptyDatabase {
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const { host, port, user, password, database } = target;
    const connection = await createConnection({ host, port, user, password, database });
    try {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      connection.destroy();
    }
  };
  const lines = async (sql: string): Promise<string[]> => (await query(sql)).map(({ line }) => String(line));
  return {
    dialect: 'mysql',
    described: Object.values(mysqlTables).flatMap((table) => {
      const { name, columns, indexes, uniqueConstraints, foreignKeys } = mysqlConfig(table);
      return [
        `table ${name}`,
        ...columns.map((column) => `column ${name}.${column.name} ${column.notNull ? 'NO' : 'YES'}`),
        ...indexes.map((index) => `index ${index.config.name} 1`),
        ...uniqueConstraints.map((key) => `index ${key.getName() ?? ''} 0`),
        ...foreignKeys.map((key) => `reference ${key.getName()}`),
        `engine ${name} InnoDB utf8mb4_bin`,
      ];
    }),
    async schema() {
      const here = 'table_schema = DATABASE()';
      const found = await Promise.all([
        lines(`SELECT CONCAT('table ', table_name) AS line FROM information_schema.tables WHERE ${here}`),
        lines(
          `SELECT CONCAT('engine ', table_name, ' ', engine, ' ', table_collation) AS line FROM information_schema.tables WHERE ${here}`,
        ),
        lines(
          `SELECT CONCAT('column ', table_name, '.', column_name, ' ', is_nullable) AS line FROM information_schema.columns WHERE ${here}`,
        ),
        lines(`SELECT CONCAT_WS(' ', 'type', table_name, column_name, column_type, column_default, extra, collation_name) AS line
          FROM information_schema.columns WHERE ${here}`),
        lines(
          `SELECT DISTINCT CONCAT('index ', index_name, ' ', non_unique) AS line FROM information_schema.statistics WHERE ${here}`,
        ),
        lines(`SELECT CONCAT_WS(' ', 'index', table_name, index_name, seq_in_index, column_name) AS line
          FROM information_schema.statistics WHERE ${here}`),
        lines(`SELECT CONCAT('reference ', constraint_name) AS line FROM information_schema.referential_constraints
          WHERE constraint_schema = DATABASE()`),
      ]);
      return found.flat().sort();
    },
    async run(statement) {
      await query(statement);
    },
    query,
    target: (hook) => mysqlMigrationTarget(target, hook),
    remove,
  };
}
