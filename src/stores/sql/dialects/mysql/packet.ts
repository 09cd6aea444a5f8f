import type { PoolConnection } from 'mysql2/promise';
import type { Closing, SqlRow, Statement, WriteResult } from '../../database.js';
import type { Line } from '../line.js';
import { withLiterals } from './literals.js';
import { DEADLINE_MS } from './pool.js';

const START: Statement = { text: 'START TRANSACTION', values: [] };

/** The two packets of a batch, on a connection that takes several statements in one. */
export interface BatchPackets {
  /** START TRANSACTION and these reads; answers the rows of each. */
  open(opening: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]>;
  /** What is to be written, and the COMMIT. The server stops at the first statement that fails. */
  close<T>(closing: Closing<T>): Promise<readonly WriteResult[]>;
}

export function batchPackets(connection: PoolConnection, line: Line): BatchPackets {
  /** Two statements at least, so that the driver answers with a list. */
  async function send(statements: readonly Statement[], ...ends: readonly string[]): Promise<readonly unknown[]> {
    const texts = [...statements.map(withLiterals), ...ends];
    const [results] = await connection.query({ sql: texts.join('; '), timeout: DEADLINE_MS });
    if (!Array.isArray(results)) throw new TypeError('a packet of several statements has several results');
    return results;
  }

  const textsOf = (statements: readonly Statement[]): readonly string[] => statements.map(({ text }) => text);

  return {
    async open(opening) {
      const statements = [START, ...opening];
      const results = await line.together(textsOf(statements), () => send(statements));
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
        const results = await line.togetherWithCommit(texts, () => send(statements, 'COMMIT'));
        return results.slice(0, -1).map(asWriteResult);
      }
      const results = await line.together(texts, () => send(statements, 'DO 0'));
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
