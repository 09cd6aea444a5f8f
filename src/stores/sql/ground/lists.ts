import type { Session, SqlDatabase, SqlRow, Statement } from '../database.js';

/** A part of a statement with the values of its placeholders. */
export type Fragment = Statement;

/** What a value list may hold. In a list or a table bytes travel to SQLite as hex, inside one JSON parameter. */
export type Cell = number | string | Uint8Array | Date | null;

/** How a column of `table` reads its cell on SQLite. */
export type CellType = 'plain' | 'bytes';

/**
 * `(...)` after IN. MySQL takes a placeholder per value; SQLite one JSON text, because its client compiles every new
 * text again and a constant one is twice as fast on the path of sends.
 */
export function listOf(kind: SqlDatabase['kind'], values: readonly number[]): Fragment {
  if (kind === 'sqlite') return { text: '(SELECT value FROM json_each(?))', values: [JSON.stringify(values)] };
  return { text: `(${marks(values.length)})`, values };
}

/** Rows as a derived table with these columns, for joins. At least one row. */
export function tableOf(
  kind: SqlDatabase['kind'],
  columns: Readonly<Record<string, CellType>>,
  rows: readonly (readonly Cell[])[],
): Fragment {
  const names = Object.keys(columns);
  if (kind === 'sqlite') {
    return { text: `(SELECT ${jsonColumns(columns)} FROM json_each(?))`, values: [toJson(rows)] };
  }
  const first = `SELECT ${names.map((name) => `? AS ${name}`).join(', ')}`;
  const rest = ` UNION ALL SELECT ${marks(names.length)}`.repeat(rows.length - 1);
  return { text: `(${first}${rest})`, values: rows.flat() };
}

/**
 * An INSERT of these rows, which get ids in this order. MySQL takes them in one statement; SQLite one after the other,
 * compiled once, a third less than the same rows out of a JSON text.
 */
export function insertionOf(
  kind: SqlDatabase['kind'],
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Statement {
  const row = `(${marks(columns.length)})`;
  const into = `INSERT INTO ${table} (${columns.join(', ')}) VALUES`;
  if (kind === 'sqlite') return { text: `${into} ${row}`, values: [], rows };
  return { text: `${into} ${row}${`, ${row}`.repeat(rows.length - 1)}`, values: rows.flat() };
}

function marks(count: number): string {
  return '?' + ', ?'.repeat(count - 1);
}

function jsonColumns(columns: Readonly<Record<string, CellType>>): string {
  return Object.entries(columns)
    .map(([name, type], index) => `${type === 'bytes' ? `unhex(value->>${index})` : `value->>${index}`} AS ${name}`)
    .join(', ');
}

function toJson(rows: readonly (readonly Cell[])[]): string {
  return JSON.stringify(rows.map((row) => row.map(jsonCell)));
}

function jsonCell(cell: Cell): number | string | null {
  if (cell instanceof Date) return cell.getTime();
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : cell;
}

/**
 * A SELECT of numbers and texts. On SQLite all rows come in one JSON value, because its client spends a microsecond on
 * every single column.
 */
export function selection(
  kind: SqlDatabase['kind'],
  columns: Readonly<Record<string, string>>,
  source: Fragment,
): Statement {
  const entries = Object.entries(columns);
  const selected =
    kind === 'mysql'
      ? entries.map(([name, column]) => `${column} AS ${name}`).join(', ')
      : `json_group_array(json_object(${entries.map(([name, column]) => `'${name}', ${column}`).join(', ')})) AS packed`;
  return { text: `SELECT ${selected} ${source.text}`, values: source.values };
}

/** The rows that a `selection` answered with. */
export function selectedRows(answer: readonly SqlRow[]): readonly SqlRow[] {
  const packed = answer[0]?.['packed'];
  return typeof packed === 'string' ? (JSON.parse(packed) as readonly SqlRow[]) : answer;
}

export async function selectRows(
  session: Session,
  kind: SqlDatabase['kind'],
  columns: Readonly<Record<string, string>>,
  source: Fragment,
): Promise<readonly SqlRow[]> {
  const { text, values } = selection(kind, columns, source);
  return selectedRows(await session.query(text, values));
}

/**
 * Holds a query on visible messages of one chat to the index (chat_id, is_deleted, seq), behind the table's alias.
 * Left to themselves MySQL and MariaDB take the primary key, and walk over every deleted message on the way.
 */
export function visibleIndex(kind: SqlDatabase['kind']): string {
  return kind === 'mysql' ? 'FORCE INDEX (message_metadata_visible)' : 'INDEXED BY message_metadata_visible';
}
