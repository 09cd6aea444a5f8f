import type { Body, BodyStore, StoredBody, BodyBatch } from '../../ports/body-store.js';
import { contentHash, isHashOf } from '../content-hash.js';
import type { SqlValue, Statement, SqlDatabase } from '../sql/database.js';
import type { SqliteDatabase } from '../sql/dialects/sqlite/index.js';
import { duplicateKey } from '../sql/errors.js';

const INSERT = `INSERT INTO bodies (id, message_id, chat_id, sender_id, content, timestamp, sha256)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
// Constant texts over one JSON parameter: the client compiles every new text again.
// As bytes: the driver ends the process over a text that is not UTF-8, which one flipped bit of the file can make it.
const FIND = `SELECT id, CAST(content AS BLOB) AS content, sha256 FROM bodies WHERE id IN (SELECT unhex(value) FROM json_each(?))`;
const SIZES = `SELECT id, length(CAST(content AS BLOB)) AS bytes FROM bodies WHERE id IN (SELECT unhex(value) FROM json_each(?))`;
const DELETE = `DELETE FROM bodies WHERE id IN (SELECT unhex(value) FROM json_each(?))`;

/** What stores bodies, in the transaction of the rows that name them too. */
export function bodyInsertion(bodies: readonly Body[]): Statement {
  return { text: INSERT, values: [], rows: bodies.map(toRow) };
}

/** Bodies in the embedded database; by themselves in transactions of their own, journaled before the rows name them. */
export function createSqliteBodyStore(sql: SqliteDatabase): BodyStore {
  const insertAll = (bodies: readonly Body[]) =>
    sql.transaction(async (tx) => {
      for (const body of bodies) await tx.run(INSERT, toRow(body));
    });

  return {
    async insert(bodies) {
      if (bodies.length === 0) return [];
      try {
        await insertAll(bodies);
        return [];
      } catch (error) {
        if (duplicateKey(error) === null) throw error;
      }
      const failed: number[] = [];
      for (const [index, body] of bodies.entries()) {
        try {
          await insertAll([body]);
        } catch (error) {
          if (duplicateKey(error) === null) throw error;
          failed.push(index);
        }
      }
      return failed;
    },

    async find(ids) {
      const found = new Map<string, StoredBody>();
      if (ids.length === 0) return found;
      for (const row of await sql.read((session) => session.query(FIND, [hexList(ids)]))) {
        const { id, content, sha256 } = row;
        if (id instanceof Uint8Array) found.set(hexOf(id), toStored(content, sha256));
      }
      return found;
    },

    async sizes(ids) {
      const found = new Map<string, number>();
      if (ids.length === 0) return found;
      for (const { id, bytes } of await sql.read((session) => session.query(SIZES, [hexList(ids)]))) {
        if (id instanceof Uint8Array) found.set(hexOf(id), Number(bytes));
      }
      return found;
    },

    async delete(ids) {
      if (ids.length === 0) return;
      await sql.transaction((tx) => tx.run(DELETE, [hexList(ids)]));
      // Where this fails, so does the delete: the erase worker comes again before it calls anything erased.
      await sql.truncateLog();
    },

    walk: (after, limit) => walkSqliteBodies(sql, after, limit),

    async ping() {
      await sql.read((session) => session.query('SELECT 1 FROM bodies LIMIT 1'));
    },

    // The file belongs to the SQL database, which closes it.
    close: () => Promise.resolve(),
  };
}

function toRow({ id, messageId, chatId, senderId, content, timestamp }: Body): readonly SqlValue[] {
  return [id, messageId, chatId, senderId, content, timestamp, contentHash(content)];
}

function toStored(content: unknown, sha256: unknown): StoredBody {
  if (!(content instanceof Uint8Array && sha256 instanceof Uint8Array)) return { content: '', intact: false };
  const { buffer, byteOffset, byteLength } = content;
  // What has the hash of a text that was well-formed is that text.
  return {
    content: Buffer.from(buffer, byteOffset, byteLength).toString('utf8'),
    intact: isHashOf(sha256, content),
  };
}

function hexList(ids: readonly Uint8Array[]): string {
  return JSON.stringify(ids.map(hexOf));
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

const WALK = 'SELECT id, message_id, chat_id FROM bodies WHERE id > ? ORDER BY id LIMIT ?';

/** A step of the walk over all bodies, by the primary key. */
export async function walkSqliteBodies(sql: SqlDatabase, after: Uint8Array | null, limit: number): Promise<BodyBatch> {
  const rows = await sql.read((session) => session.query(WALK, [after ?? new Uint8Array(0), limit]));
  const bodies = rows.flatMap(({ id, message_id: messageId, chat_id: chatId }) =>
    id instanceof Uint8Array && messageId instanceof Uint8Array && typeof chatId === 'number'
      ? [{ id, messageId, chatId }]
      : [],
  );
  const last = rows.at(-1)?.['id'];
  const next = rows.length === limit && last instanceof Uint8Array ? last : null;
  return { bodies, malformed: rows.length - bodies.length, next };
}
