import { findBinary } from './find-binary.js';
import { MissingServerError, type SqlServer } from './server.js';
import { startSqlServer } from './sql-server.js';

const HOW_TO_INSTALL =
  'Install the package mariadb-server (apt-get install mariadb-server), or run .ci/install-servers.sh as root.';

interface Programs {
  server: string;
  install: string;
}

/** Whether {@link startMariaDb} finds its programs. */
export function hasMariaDb(): boolean {
  return findPrograms() !== undefined;
}

/**
 * Starts a private MariaDB of the installed programs; about 0.7 s.
 * @param settings arguments for the server, over those that all tests share.
 * @throws MissingServerError if MariaDB is not installed.
 */
export async function startMariaDb(settings: readonly string[] = []): Promise<SqlServer> {
  const programs = findPrograms();
  if (programs === undefined) throw new MissingServerError('MariaDB', HOW_TO_INSTALL);
  const common = ['--no-defaults', '--user=root', '--innodb-log-file-size=64M'];
  return startSqlServer({
    name: 'mariadb',
    install: (dataFolder) => [
      programs.install,
      ...common,
      `--datadir=${dataFolder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    serve: [programs.server, ...common, '--skip-log-bin'],
    settings,
  });
}

function findPrograms(): Programs | undefined {
  const server = findBinary('mariadbd', 'mysqld');
  const install = findBinary('mariadb-install-db');
  return server !== undefined && install !== undefined ? { server, install } : undefined;
}
