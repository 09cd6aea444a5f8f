import type { PoolConnection } from 'mysql2/promise';
import type { Closing, SqlRow, Statement, WriteResult } from '../database.js';
import type { Line } from './line.js';
import { DEADLINE_MS } from './mysql-pool.js';
import { bind } from './mysql-session.js';

/** The two packets of a batch, on a connection that takes several statements in one. */
export interface BatchPackets {
  /** START TRANSACTION and these reads; answers the rows of each. */
  open(opening: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]>;
  /** What is to be written, and the COMMIT. The server stops at the first statement that fails. */
  close<T>(closing: Closing<T>): Promise<readonly WriteResult[]>;
}

export function batchPackets(connection: PoolConnection, line: Line): BatchPackets {
  /** Two statements at least, so that the driver answers with a list. */
  async function send(texts: readonly string[], statements: readonly Statement[]): Promise<readonly unknown[]> {
    const values = statements.flatMap((statement) => statement.values.map(bind));
    const [results] = await connection.query({ sql: texts.join('; '), timeout: DEADLINE_MS }, values);
    if (!Array.isArray(results)) throw new TypeError('a packet of several statements has several results');
    return results;
  }

  const textsOf = (statements: readonly Statement[]): readonly string[] => statements.map(({ text }) => text);

  return {
    async open(opening) {
      const texts = ['START TRANSACTION', ...textsOf(opening)];
      const results = await line.together(texts, () => send(texts, opening));
      return results.slice(1) as SqlRow[][];
    },

    async close({ statements, beforeCommit }) {
      const commitAlone = () => line.commit(() => connection.query({ sql: 'COMMIT', timeout: DEADLINE_MS }));
      const texts = textsOf(statements);
      if (statements.length === 0) {
        await beforeCommit?.();
        await commitAlone();
        return [];
      }
      if (beforeCommit === undefined) {
        const results = await line.togetherWithCommit(texts, () => send([...texts, 'COMMIT'], statements));
        return results.slice(0, -1).map(asWriteResult);
      }
      const results = await line.together(texts, () => send([...texts, 'DO 0'], statements));
      await beforeCommit();
      await commitAlone();
      return results.slice(0, -1).map(asWriteResult);
    },
  };
}

/** As a single statement answers: the header with its (no) columns. */
function asWriteResult(header: unknown): WriteResult {
  return [header, []] as unknown as WriteResult;
}
