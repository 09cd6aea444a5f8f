// Runs the mocha suites on the split store (SQL + MongoDB) instead of the embedded one.
//
//   npm run test:services [-- [--sql mariadb|mysql] [--coverage[=append]] [arguments for mocha]]
//
// PARLEY_TEST_MYSQL_URL and PARLEY_TEST_MONGODB_URL name servers to use; where one is unset, a private server is started
// from installed programs. A server that is missing or does not answer fails the run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { startMariaDb } from '../test/helpers/servers/mariadb.js';
import { mongoVersion, startMongoDb } from '../test/helpers/servers/mongodb.js';
import { startMySql } from '../test/helpers/servers/mysql.js';
import { MissingServerError, type DatabaseServer } from '../test/helpers/servers/server.js';
import { sqlVersion } from '../test/helpers/servers/sql-server.js';
import { SQL_FLAVOUR } from '../test/faults/figures.js';

interface Options {
  sql: 'mariadb' | 'mysql';
  coverage: 'off' | 'fresh' | 'append';
  mochaArguments: string[];
}

class UsageError extends Error {}

function parseArguments(args: string[]): Options {
  const options: Options = { sql: 'mariadb', coverage: 'off', mochaArguments: [] };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--sql') options.sql = parseSql(rest.shift());
    else if (arg.startsWith('--sql=')) options.sql = parseSql(arg.slice('--sql='.length));
    else if (arg === '--coverage') options.coverage = 'fresh';
    else if (arg === '--coverage=append') options.coverage = 'append';
    else options.mochaArguments.push(arg);
  }
  return options;
}

function parseSql(value: string | undefined): Options['sql'] {
  if (value === 'mariadb' || value === 'mysql') return value;
  throw new UsageError(`--sql takes mariadb or mysql, not ${value ?? 'nothing'}`);
}

const started: DatabaseServer[] = [];

/** The URL that the variable names, if it is set, else that of a private server. */
async function resolveUrl(variable: string, start: () => Promise<DatabaseServer>): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  const server = await start();
  started.push(server);
  return server.url;
}

/** Asks a server for its version: proof that it answers, and of what the suites really run on. */
async function identify(name: string, url: string, version: (url: string) => Promise<string>): Promise<string> {
  const { host } = new URL(url);
  try {
    return `${name} ${await version(url)} at ${host}`;
  } catch (error) {
    throw new UsageError(`no ${name} server answers at ${host}: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

/** Runs mocha to its end and answers its exit code. */
async function runMocha(options: Options, environment: Record<string, string>): Promise<number> {
  const { resolve } = createRequire(import.meta.url);
  const named = options.mochaArguments.some((argument) => argument.endsWith('.ts') && argument.startsWith('test/'));
  const files = named ? [] : ['test/**/*.test.ts'];
  const mocha = [resolve('mocha/bin/mocha.js'), ...files, ...options.mochaArguments];
  const c8 = [resolve('c8/bin/c8.js'), ...(options.coverage === 'append' ? ['--clean=false'] : []), process.execPath];
  const child = spawn(process.execPath, options.coverage === 'off' ? mocha : [...c8, ...mocha], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // Stay until mocha has ended, so that the servers outlive the tests. Ctrl-C reaches mocha through the terminal.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

async function main(args: string[]): Promise<number> {
  const options = parseArguments(args);
  const mongodbUrl = await resolveUrl('PARLEY_TEST_MONGODB_URL', startMongoDb);
  const mysqlUrl = await resolveUrl('PARLEY_TEST_MYSQL_URL', options.sql === 'mysql' ? startMySql : startMariaDb);
  const mongodb = await identify('MongoDB', mongodbUrl, mongoVersion);
  const sql = await identify('SQL', mysqlUrl, sqlVersion);
  console.log(`split store: ${sql}, ${mongodb}`);
  return runMocha(options, {
    PARLEY_TEST_STORE: 'split',
    // Tests that need a SQL server of their own start one of the same kind.
    [SQL_FLAVOUR]: options.sql,
    PARLEY_TEST_MYSQL_URL: mysqlUrl,
    PARLEY_TEST_MONGODB_URL: mongodbUrl,
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof MissingServerError || error instanceof UsageError;
  console.error('test:services:', expected ? error.message : error);
  process.exitCode = 1;
} finally {
  // Not Promise.all: one that fails to stop must not keep the others running.
  await Promise.allSettled(started.map((server) => server.stop()));
}
