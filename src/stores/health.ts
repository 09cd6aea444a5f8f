import type { StoreHealth } from '../ports/health.js';
import type { SqlDatabase } from './sql/database.js';

const DEADLINE_MS = 2_000;

/** Both keys say `embedded` while the file can be read. */
export function createEmbeddedHealth(sql: SqlDatabase): StoreHealth {
  return {
    async check() {
      const state = (await answers(() => askSql(sql))) ? 'embedded' : 'down';
      return { mysql: state, mongodb: state, warnings: [] };
    },
  };
}

/** `warnings` hold from the start on: they are about how the servers are set up. */
export function createSplitHealth(
  sql: SqlDatabase,
  bodies: { ping(): Promise<void> },
  warnings: readonly string[],
): StoreHealth {
  return {
    async check() {
      const [mysql, mongodb] = await Promise.all([answers(() => askSql(sql)), answers(() => bodies.ping())]);
      return { mysql: mysql ? 'up' : 'down', mongodb: mongodb ? 'up' : 'down', warnings };
    },
  };
}

async function askSql(sql: SqlDatabase): Promise<void> {
  await sql.read((session) => session.query('SELECT 1 AS alive'));
}

/** False as well when no answer comes in time; a late one is of no interest any more. */
async function answers(ask: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DEADLINE_MS);
  });
  const asked = ask().then(
    () => true,
    () => false,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
