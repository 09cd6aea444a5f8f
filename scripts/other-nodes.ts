/**
 * The built server on the other Node versions that Parley supports: for each, production dependencies are installed with
 * that Node, as an operator of it would, and the server is driven as by drive.ts on both storages. Needs `npm run build`
 * before, and the package registry for the Node binaries.
 * Prints one line per check and closes with the totals; exits 1 if a check failed.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startMariaDb } from '../test/helpers/servers/mariadb.js';
import { startMongoDb } from '../test/helpers/servers/mongodb.js';
import { driveOn, type Program, type Running } from './drive/built-server.js';
import { check, closeWithTotals } from './drive/checks.js';

const run = promisify(execFile);

/** With the listener that has to serve: the pinned uWebSockets.js has binaries up to Node 23. */
const VERSIONS = [
  { major: 22, listener: 'uws' },
  { major: 24, listener: 'node' },
] as const;

/** Installing hangs rather than fails where the registry is out of reach. */
const INSTALL_MS = 300_000;
/** Native modules: each has to load, not only to be there. */
const NATIVE = ['bcrypt', 'libsql'];

async function npm(args: string[], cwd: string, path: string): Promise<void> {
  await run('npm', [...args, '--no-audit', '--no-fund'], {
    cwd,
    timeout: INSTALL_MS,
    env: { ...process.env, PATH: path },
  });
}

/** A Node binary and a copy of the built server with the dependencies that npm chooses under this Node. */
async function install(major: number, folder: string): Promise<Required<Program>> {
  const path = process.env['PATH'] ?? '';
  const name = `node-${process.platform}-${process.arch}`;
  await npm(['install', '--no-save', '--prefix', folder, `${name}@${major}`], folder, path);
  const bin = join(folder, 'node_modules', name, 'bin');
  const server = join(folder, 'server');
  await mkdir(server);
  for (const part of ['package.json', 'package-lock.json', 'dist']) {
    await cp(part, join(server, part), { recursive: true });
  }
  // npm is a script for the first node of the path.
  await npm(['ci', '--omit=dev'], server, `${bin}:${path}`);
  return { node: join(bin, 'node'), folder: server };
}

async function checkNative({ node, folder }: Required<Program>): Promise<void> {
  for (const name of NATIVE) {
    const { stdout } = await run(node, ['-p', `require('${name}'), 'loaded'`], { cwd: folder });
    check(`${name} loads`, stdout.trim() === 'loaded', stdout);
  }
}

function checkListener(expected: 'uws' | 'node', { facts, log }: Running): void {
  check(`${expected} listens`, facts['listener'] === expected, facts);
  const warned = log.some((event) => String(event['msg']).startsWith('uWebSockets.js has no binary'));
  check(expected === 'uws' ? 'without a warning' : 'with a warning', warned === (expected === 'node'), log);
}

const folder = await mkdtemp(join(tmpdir(), 'parley-nodes-'));
const sql = await startMariaDb();
const mongo = await startMongoDb();
try {
  for (const { major, listener } of VERSIONS) {
    const mine = join(folder, String(major));
    await mkdir(mine);
    const program = await install(major, mine);
    const { stdout } = await run(program.node, ['--version']);
    const version = stdout.trim();
    check(`Node ${major} is ${version}`, version.startsWith(`v${major}.`), version);
    await checkNative(program);
    const look = (running: Running): void => checkListener(listener, running);
    await driveOn(`Node ${version}, embedded storage`, {}, program, look);
    const split = {
      DATABASE_URL: await sql.createDatabase(`node_${major}`),
      MONGODB_URL: mongo.url,
      MONGODB_DATABASE: `node_${major}`,
      SECRET_KEY: 'a key for this drive only, 0123456789',
    };
    await driveOn(`Node ${version}, MariaDB + MongoDB`, split, program, look);
  }
} catch (error) {
  check('every Node version is installed and driven', false, String(error));
} finally {
  await mongo.stop();
  await sql.stop();
  await rm(folder, { recursive: true, force: true });
}
closeWithTotals();
