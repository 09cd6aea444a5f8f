import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { SqlServer } from './server.js';

/** What a server needs to be one of two; `id` differs. */
export function replicationSettings(id: number): readonly string[] {
  return [`--server-id=${id}`, '--log-bin=sql-bin'];
}

/** An account without special rights, the same on both servers: read-only servers let those with rights write. */
export interface PlainAccount {
  readonly name: string;
  readonly password: string;
}

/** Makes `to` follow `from` from here on. */
export async function follow(from: SqlServer, to: SqlServer): Promise<void> {
  const { isMariaDb, file, position } = await binaryLog(from);
  const words = isMariaDb ? ['MASTER', 'MASTER', 'SLAVE'] : ['REPLICATION SOURCE', 'SOURCE', 'REPLICA'];
  const [change = '', source = '', replica = ''] = words;
  await onSqlServer(
    to,
    `CHANGE ${change} TO ${source}_HOST = '${from.host}', ${source}_PORT = ${from.port}, ${source}_USER = '${from.user}',
      ${source}_PASSWORD = '${from.password}', ${source}_LOG_FILE = '${file}', ${source}_LOG_POS = ${position}
      ${isMariaDb ? '' : ', GET_SOURCE_PUBLIC_KEY = 1'}`,
    `START ${replica}`,
  );
}

/** Resolves when `to` holds everything that `from` holds now. */
export async function caughtUp(from: SqlServer, to: SqlServer): Promise<void> {
  const { isMariaDb, file, position } = await binaryLog(from);
  const wait = `SELECT ${isMariaDb ? 'MASTER' : 'SOURCE'}_POS_WAIT('${file}', ${position}, 60) AS waited`;
  const [row] = await onSqlServer(to, wait);
  const waited: unknown = row?.['waited'];
  if (waited === null || Number(waited) < 0) throw new Error(`the replica does not follow: ${String(waited)}`);
}

/** Runs statements with all rights and answers the rows of the last one. */
export async function onSqlServer({ url }: SqlServer, ...statements: readonly string[]): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url });
  try {
    let answer: unknown = [];
    for (const statement of statements) [answer] = await connection.query(statement);
    return Array.isArray(answer) ? (answer as RowDataPacket[]) : [];
  } finally {
    connection.destroy();
  }
}

async function binaryLog(server: SqlServer): Promise<{ isMariaDb: boolean; file: string; position: number }> {
  const [version] = await onSqlServer(server, 'SELECT VERSION() AS version');
  const isMariaDb = /mariadb/i.test(String(version?.['version']));
  const [status] = await onSqlServer(server, isMariaDb ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS');
  return { isMariaDb, file: String(status?.['File']), position: Number(status?.['Position']) };
}
