import type { Statement } from '../../database.js';
import {
  marks,
  type AdvancedChat,
  type Cell,
  type CellType,
  type RowShape,
  type SenderMark,
  type Words,
} from '../../words.js';

type Columns = Readonly<Record<string, CellType>>;
type Rows = readonly (readonly Cell[])[];

/** One JSON text for all values: the client compiles every new text again, and a constant one is twice as fast for sends. */
function tableOf(columns: Columns, rows: Rows): Statement {
  return { text: `(SELECT ${jsonColumns(columns)} FROM json_each(?))`, values: [toJson(rows)] };
}

function jsonColumns(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, type], index) => `${type === 'bytes' ? `unhex(value->>${index})` : `value->>${index}`} AS ${name}`)
    .join(', ');
}

function toJson(rows: Rows): string {
  return JSON.stringify(rows.map((row) => row.map(jsonCell)));
}

function jsonCell(cell: Cell): number | string | null {
  if (cell instanceof Date) return cell.getTime();
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : cell;
}

/** Bytes in hex. */
function jsonObject({ alias, plain, bytes, more }: RowShape): string {
  const fields = [
    ...plain.map((name) => `'${name}', ${alias}.${name}`),
    ...bytes.map((name) => `'${name}', iif(${alias}.${name} IS NULL, NULL, hex(${alias}.${name}))`),
    ...Object.entries(more).map(([name, expression]) => `'${name}', ${expression}`),
  ];
  return `json_object(${fields.join(', ')})`;
}

function advanceChats(chats: readonly AdvancedChat[], now: Date): Statement {
  const rows = chats.map(({ id, seq, rev, visibleCount }) => [id, seq, rev, visibleCount, now]);
  const columns = { id: 'plain', seq: 'plain', rev: 'plain', visible: 'plain', moment: 'plain' } as const;
  const values = tableOf(columns, rows);
  return {
    text: `UPDATE chats SET last_seq = v.seq, last_visible_seq = v.seq, rev = v.rev,
       visible_count = v.visible, updated_at = v.moment
     FROM ${values.text} v WHERE chats.id = v.id`,
    values: values.values,
  };
}

function advanceSenders(senders: readonly SenderMark[]): Statement {
  const values = tableOf({ chat_id: 'plain', user_id: 'plain', seq: 'plain' }, senders);
  return {
    text: `UPDATE chat_participants SET last_read_seq = v.seq FROM ${values.text} v
     WHERE chat_participants.chat_id = v.chat_id AND chat_participants.user_id = v.user_id`,
    values: values.values,
  };
}

/** The client spends a microsecond on every single column, so rows come as JSON: 50 of history take 0.3 ms instead of 0.65. */
export const sqliteWords: Words = {
  name: 'sqlite',
  hasRowLocks: false,
  prefersFlatJoins: false,
  // A thousand rows take 3 ms, in which nobody else is served.
  rowsAtOnce: 1_024,
  inOrder: 'CROSS JOIN',
  byPrimary: '',
  clock: null,
  index: (name) => `INDEXED BY ${name}`,
  lockById: () => '',
  listOf: (values) => ({ text: '(SELECT value FROM json_each(?))', values: [JSON.stringify(values)] }),
  tableOf,
  // One after the other, compiled once: a third less than the same rows out of a JSON text.
  insertionOf: (table, columns, rows) => ({
    text: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks(columns.length)})`,
    values: [],
    rows,
  }),
  insertionOfNew(table, columns, rows) {
    const cells = columns.map((_, at) => `value->>${at}`).join(', ');
    return {
      text: `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) SELECT ${cells} FROM json_each(?)`,
      values: [JSON.stringify(rows)],
    };
  },
  selection(columns, { text, values }) {
    const members = Object.entries(columns).map(([name, column]) => `'${name}', ${column}`);
    return { text: `SELECT json_group_array(json_object(${members.join(', ')})) AS packed ${text}`, values };
  },
  row: (shape) => `${jsonObject(shape)} AS packed`,
  rows: (shape) => `json_group_array(${jsonObject(shape)}) AS packed`,
  rowWithList: ({ state, head, rows, shape, joined, where }) =>
    `SELECT ${state}, h.list FROM ${head}
       JOIN (SELECT json_group_array(${jsonObject(shape)}) AS list FROM (${rows}) ${shape.alias} JOIN ${joined}) h ${where}`,
  forEach(columns, rows, expression, name) {
    const cells = columns.map((column, at) => `value->>${at} AS ${column}`).join(', ');
    const selected = [...columns.map((column) => `k.${column}`), `${expression((column) => `k.${column}`)} AS ${name}`];
    return {
      text: `SELECT ${selected.join(', ')} FROM (SELECT ${cells} FROM json_each(?)) k`,
      values: [JSON.stringify(rows)],
    };
  },
  updateFrom: ({ table, on, column, value, where, values }) => ({
    text: `UPDATE ${table} SET ${column} = ${value} FROM ${values.text} v WHERE ${on} AND ${where}`,
    values: values.values,
  }),
  advance: (chats, senders, now) => [advanceChats(chats, now), advanceSenders(senders)],
};
