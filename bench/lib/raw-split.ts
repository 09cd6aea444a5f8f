import { Binary, MongoClient, type Collection } from 'mongodb';
import { createConnection, type Connection } from 'mysql2/promise';
import { CONTENT } from './message.js';
import { CONTENT_BYTES, CONTENT_HASH, countersOf, SEAL, type RawRow, type RawStore } from './raw-rows.js';
import type { DataSet } from './storage.js';

interface BodyDocument {
  readonly _id: Binary;
  readonly message_id: Binary;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  readonly timestamp: Date;
  readonly sha256: Binary;
}

type SplitDataSet = Extract<DataSet, { kind: 'split' }>;

const COLUMNS =
  'chat_id, seq, sender_id, message_id, body_id, client_message_id, version, request_hash, timestamp, message_type, ' +
  'is_edited, is_deleted, created_rev, rev, body_bytes';
const INSERT = `INSERT INTO message_metadata (${COLUMNS}) VALUES ?`;
const SELECT_BEFORE =
  `SELECT id, ${COLUMNS} FROM message_metadata WHERE chat_id = ? AND is_deleted = 0 AND seq < ? ` +
  'ORDER BY seq DESC LIMIT ?';

/** mysql2 and the MongoDB driver, one connection of each. */
export async function openRawSplit(data: SplitDataSet): Promise<RawStore> {
  const sql = await createConnection({ uri: data.mysqlUrl, timezone: 'Z' });
  const mongo = new MongoClient(data.mongodbUrl);
  const bodies = mongo
    .db(data.mongodbDatabase)
    .collection<BodyDocument>('messages', { writeConcern: { w: 'majority', journal: true } });
  return {
    async write(rows) {
      await bodies.insertMany(rows.map(bodyOf), { ordered: false });
      await sql.query(INSERT, [rows.map(valuesOf)]);
    },
    async insert(table, columns, rows) {
      await sql.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows]);
    },
    async seal(chat) {
      await sql.query(SEAL, countersOf(chat));
    },
    readNewest: (chatId, limit) => readBefore(sql, bodies, [chatId, Number.MAX_SAFE_INTEGER, limit]),
    readBefore: (chatId, seq, limit) => readBefore(sql, bodies, [chatId, seq, limit]),
    async close() {
      await Promise.all([sql.end(), mongo.close()]);
    },
  };
}

async function readBefore(sql: Connection, bodies: Collection<BodyDocument>, values: number[]): Promise<number> {
  const [rows] = await sql.query(SELECT_BEFORE, values);
  const ids = (rows as { readonly body_id: Buffer }[]).map((row) => uuid(row.body_id));
  const found = await bodies.find({ _id: { $in: ids } }).toArray();
  return found.length;
}

function bodyOf(row: RawRow): BodyDocument {
  const id = uuid(row.messageId);
  return {
    _id: id,
    message_id: id,
    chat_id: row.chatId,
    sender_id: row.senderId,
    content: CONTENT,
    timestamp: row.timestamp,
    sha256: new Binary(CONTENT_HASH),
  };
}

function uuid(bytes: Buffer): Binary {
  return new Binary(bytes, Binary.SUBTYPE_UUID);
}

function valuesOf({ chatId, seq, senderId, messageId, clientMessageId, timestamp }: RawRow): unknown[] {
  const ids = [chatId, seq, senderId, messageId, messageId, clientMessageId];
  return [...ids, 1, CONTENT_HASH, timestamp, 'text', false, false, seq, seq, CONTENT_BYTES];
}
