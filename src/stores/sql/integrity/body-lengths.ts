import { eq } from 'drizzle-orm';
import type { BodyLengths, MeasuredRow } from '../../../ports/body-lengths.js';
import type { Words } from '../words.js';
import type { SqlDatabase, Statement } from '../database.js';
import { asBytes } from '../ground/message-rows.js';

const NAME = 'body_bytes';

/** By the message's id; `open`: whether its length is missing. What is deleted has none. */
const NEXT = `SELECT m.id, m.body_id, m.body_bytes IS NULL AND m.is_deleted = FALSE AS open
  FROM message_metadata m WHERE m.id > ? ORDER BY m.id LIMIT ?`;

/** The walk over message rows whose lengths are missing, and where it stands. */
export function createBodyLengths(sql: SqlDatabase): BodyLengths {
  const { progress } = sql.tables;
  return {
    async position() {
      const found = await sql.read((session) =>
        session.db
          .select({ position: progress.position, finishedAt: progress.finishedAt })
          .from(progress)
          .where(eq(progress.name, NAME)),
      );
      const [row] = found;
      if (row === undefined) return 0;
      return row.finishedAt === null ? row.position : null;
    },

    async next(after, limit) {
      const found = await sql.read((session) => session.query(NEXT, [after, limit]));
      const rows = found
        .filter(({ open }) => Number(open) === 1)
        .map((row) => ({ messageId: Number(row['id']), bodyId: asBytes(row['body_id']) }));
      const last = found.at(-1)?.['id'];
      return { rows, last: last === undefined ? null : Number(last) };
    },

    async record(rows) {
      if (rows.length > 0) await sql.write(recording(sql.words, rows));
    },

    async reached(position, isFinished) {
      await sql.transaction(async (tx) => {
        const finishedAt = isFinished ? await tx.now() : null;
        const row = { name: NAME, position, finishedAt };
        await tx.upsert(progress, row, [progress.name], { position, finishedAt });
      });
    },
  };
}

/** Not beside another body: a row that was edited meanwhile knows its length. */
function recording(words: Words, rows: readonly MeasuredRow[]): Statement {
  const cells = rows.map(({ messageId, bodyId, bytes }) => [messageId, bodyId, bytes]);
  return words.updateFrom({
    table: 'message_metadata',
    index: 'message_metadata_id_key',
    on: 'message_metadata.id = v.id',
    column: 'body_bytes',
    value: 'v.bytes',
    where: 'message_metadata.body_id = v.body_id AND message_metadata.body_bytes IS NULL',
    values: words.tableOf({ id: 'plain', body_id: 'bytes', bytes: 'plain' }, cells),
  });
}
