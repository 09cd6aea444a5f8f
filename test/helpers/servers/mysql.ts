import { join } from 'node:path';
import { findBinary, isExecutable } from './find-binary.js';
import { MissingServerError, type SqlServer } from './server.js';
import { startSqlServer } from './sql-server.js';

const DEFAULT_CHROOT = '/opt/parley-test/mysql-chroot';
const SERVER = '/usr/sbin/mysqld';

/** Whether {@link startMySql} finds its chroot and may enter it. */
export function hasMySql(): boolean {
  return process.getuid?.() === 0 && isExecutable(join(chrootFolder(), SERVER));
}

/**
 * Starts a private MySQL out of the chroot that PARLEY_TEST_MYSQL_CHROOT names; about 3.5 s. Only root may enter a chroot.
 * Its binary log is on, as MySQL has it by default.
 * @param settings arguments for the server, over those that all tests share.
 * @throws MissingServerError if there is no such chroot.
 */
export async function startMySql(settings: readonly string[] = []): Promise<SqlServer> {
  const chroot = chrootFolder();
  if (!hasMySql()) {
    throw new MissingServerError(
      `MySQL (root's chroot ${chroot})`,
      'Run .ci/install-servers.sh as root, or name a chroot that holds mysqld in PARLEY_TEST_MYSQL_CHROOT.',
    );
  }
  const command = [
    findBinary('chroot') ?? 'chroot',
    chroot,
    SERVER,
    '--no-defaults',
    '--user=root',
    '--mysqlx=OFF',
    '--secure-file-priv=',
    '--innodb-redo-log-capacity=64M',
    // Tests read none of its figures, and without it the server takes 280 MB instead of 525 MB.
    '--performance-schema=OFF',
  ];
  return startSqlServer({
    name: 'mysql',
    parent: join(chroot, 'tmp'),
    inside: (path) => path.slice(chroot.length),
    install: (dataFolder) => [...command, '--initialize-insecure', `--datadir=${dataFolder}`],
    serve: command,
    settings,
  });
}

function chrootFolder(): string {
  return (process.env['PARLEY_TEST_MYSQL_CHROOT'] ?? DEFAULT_CHROOT).replace(/\/+$/, '');
}
