import { expect } from 'chai';
import { getTableConfig as mysqlConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { getTableConfig as sqliteConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as mysql from '../../schema/mysql/tables.js';
import * as sqlite from '../../schema/sqlite/tables.js';

/** The shape of a table, in words that are the same for both dialects. */
interface Shape {
  readonly columns: readonly string[];
  readonly uniques: readonly string[];
  readonly indexes: readonly string[];
  readonly foreignKeys: readonly string[];
}

type Config = Pick<ReturnType<typeof mysqlConfig>, 'name'> & {
  columns: readonly { name: string; notNull: boolean; default: unknown; dataType: string; primary: boolean }[];
  primaryKeys: readonly { columns: readonly { name: string }[] }[];
  uniqueConstraints: readonly { name?: string | undefined; columns: readonly { name: string }[] }[];
  indexes: readonly { config: { name: string; columns: readonly unknown[] } }[];
  foreignKeys: readonly {
    getName(): string;
    reference(): { columns: readonly { name: string }[]; foreignColumns: readonly { name: string }[] };
  }[];
};

const names = (columns: readonly unknown[]): string =>
  columns.map((column) => (column as { name: string }).name).join();

/** A primary key counts as one more unique key: SQLite numbers messages by the id that is only unique in MySQL. */
function shape(config: Config): Shape {
  const keys = [
    ...config.primaryKeys.map((key) => names(key.columns)),
    ...config.columns.filter((column) => column.primary).map((column) => column.name),
    ...config.uniqueConstraints.map((key) => names(key.columns)),
  ];
  return {
    columns: config.columns.map((column) => {
      const fallback = column.default === undefined ? '' : ` default ${JSON.stringify(column.default)}`;
      return `${column.name} ${column.dataType}${column.notNull ? ' not null' : ''}${fallback}`;
    }),
    uniques: keys.sort(),
    indexes: config.indexes.map((index) => `${index.config.name}(${names(index.config.columns)})`).sort(),
    foreignKeys: config.foreignKeys
      .map((key) => {
        const { columns, foreignColumns } = key.reference();
        return `${names(columns)} -> ${names(foreignColumns)}`;
      })
      .sort(),
  };
}

function shapes<T extends object>(tables: T, configOf: (table: T[keyof T]) => Config): Record<string, Shape> {
  return Object.fromEntries(
    Object.values(tables).map((table: T[keyof T]) => {
      const config = configOf(table);
      return [config.name, shape(config)] as const;
    }),
  );
}

describe('the tables of both dialects', () => {
  const ofMysql = shapes(mysql, (table: MySqlTable) => mysqlConfig(table) as unknown as Config);
  const ofSqlite = shapes(sqlite, (table: SQLiteTable) => sqliteConfig(table) as unknown as Config);

  it('have one name each on both, and SQLite the bodies besides', () => {
    expect(Object.keys(ofSqlite).sort()).to.deep.equal([...Object.keys(ofMysql), 'bodies'].sort());
  });

  for (const [name, expected] of Object.entries(ofMysql)) {
    it(`${name} has the same columns, keys, indexes and references`, () => {
      expect(ofSqlite[name]).to.deep.equal(expected);
    });
  }
});
