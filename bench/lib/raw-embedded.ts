import { createClient, type Client, type InStatement, type InValue } from '@libsql/client';
import { CONTENT } from './message.js';
import { CONTENT_BYTES, CONTENT_HASH, countersOf, SEAL, type RawRow, type RawStore } from './raw-rows.js';
import type { DataSet } from './storage.js';

type EmbeddedDataSet = Extract<DataSet, { kind: 'embedded' }>;

const COLUMNS =
  'chat_id, seq, sender_id, message_id, body_id, client_message_id, version, request_hash, timestamp, message_type, ' +
  'is_edited, is_deleted, created_rev, rev, body_bytes';
const BODY_COLUMNS = 'id, message_id, chat_id, sender_id, content, timestamp, sha256';
const SELECT_BEFORE =
  `SELECT id, ${COLUMNS} FROM message_metadata WHERE chat_id = ? AND is_deleted = 0 AND seq < ? ` +
  'ORDER BY seq DESC LIMIT ?';

/** Raw libsql over the embedded file: bodies and rows in one transaction, `synchronous = FULL`. */
export async function openRawEmbedded(data: EmbeddedDataSet): Promise<RawStore> {
  const client = createClient({ url: `file:${data.file}` });
  await client.execute('PRAGMA journal_mode = WAL');
  const { rows } = await client.execute('PRAGMA synchronous');
  if (rows[0]?.[0] !== 2) throw new Error('synchronous is not FULL');
  return {
    async write(messages) {
      await client.batch(
        [
          insert('bodies', BODY_COLUMNS, messages.map(bodyOf)),
          insert('message_metadata', COLUMNS, messages.map(valuesOf)),
        ],
        'write',
      );
    },
    async insert(table, columns, rows) {
      await client.execute(
        insert(
          table,
          columns,
          rows.map((row) => row.map((cell) => (cell instanceof Date ? cell.getTime() : (cell as InValue)))),
        ),
      );
    },
    async seal(chat) {
      await client.execute({ sql: SEAL, args: countersOf(chat) });
    },
    readNewest: (chatId, limit) => readBefore(client, [chatId, Number.MAX_SAFE_INTEGER, limit]),
    readBefore: (chatId, seq, limit) => readBefore(client, [chatId, seq, limit]),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

function insert(table: string, columns: string, rows: readonly InValue[][]): InStatement {
  const tuple = `(${columns.replaceAll(/\w+/g, '?')})`;
  return { sql: `INSERT INTO ${table} (${columns}) VALUES ${rows.map(() => tuple).join()}`, args: rows.flat() };
}

async function readBefore(client: Client, args: number[]): Promise<number> {
  const { rows } = await client.execute({ sql: SELECT_BEFORE, args });
  const ids = rows.map((row) => row['body_id'] as InValue);
  const marks = ids.map(() => '?').join();
  const found = await client.execute({ sql: `SELECT * FROM bodies WHERE id IN (${marks})`, args: ids });
  return found.rows.length;
}

function bodyOf(row: RawRow): InValue[] {
  return [row.messageId, row.messageId, row.chatId, row.senderId, CONTENT, row.timestamp.getTime(), CONTENT_HASH];
}

function valuesOf({ chatId, seq, senderId, messageId, clientMessageId, timestamp }: RawRow): InValue[] {
  const ids = [chatId, seq, senderId, messageId, messageId, clientMessageId];
  return [...ids, 1, CONTENT_HASH, timestamp.getTime(), 'text', 0, 0, seq, seq, CONTENT_BYTES];
}
