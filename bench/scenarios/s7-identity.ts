import bcrypt from 'bcrypt';
import { availableParallelism } from 'node:os';
import { startBare } from '../lib/bare-process.js';
import { rateFigure, type Figure } from '../lib/figure.js';
import { getLane, postLane } from '../lib/http-lane.js';
import { measure, promiseLane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { PASSWORD, registerUsers, type BenchUser } from '../lib/population.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import type { DataSet } from '../lib/storage.js';
import { acksUnderLogins } from './s7-under-logins.js';
import { withLanes } from '../lib/with-lanes.js';

const CONNECTIONS = 32;
/** As many at once as cores: more would wait in the server's queue, and bare bcrypt gains nothing from them. */
const LOGINS = availableParallelism();
/** Hashes take a fifth of a second at cost 12, so that a short window would count only a few. */
const LEAST_LOGIN_MS = 3_000;

/** Logins at both costs that operators choose, and the cheapest authenticated request. */
export const identity: Scenario = {
  name: 's7',
  title: 'Logins and GET me',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s7');
    return [
      ...(await getMe(bench, data)),
      ...(await logins(bench, data, 10)),
      ...(await logins(bench, data, 12)),
      ...(await acksUnderLogins(bench, data)),
    ];
  },
};

async function getMe(bench: Bench, data: DataSet): Promise<Figure[]> {
  const server = await startParley(data, { inspect: bench.profiling });
  const bare = await startBare('listener', bench.folder);
  try {
    const users = await registerUsers(server.endpoint, 'me', CONNECTIONS);
    const samples = await interleave(bench.effort, {
      parley: (window) => bench.profiled('s7-me', server.inspectorPort, () => readMe(bench, window, server, users)),
      bare: (window) => readMe(bench, window, bare, users),
    });
    return [
      rateFigure({
        ...{ scenario: 'S7', storage: bench.storage.kind, what: 'GET /users/me, 32 connections', unit: '1/s' },
        samples: samples.parley,
        limit: { what: 'bare Koa GET/s', samples: samples.bare },
        goal: { atLeast: 0.75 },
      }),
    ];
  } finally {
    await Promise.all([server.stop(), bare.stop()]);
  }
}

function readMe(
  { storage }: Bench,
  window: Window,
  server: ServerProcess,
  users: readonly BenchUser[],
): Promise<Sample> {
  const pids = { server: server.pid, ...storage.pids };
  return withLanes(
    CONNECTIONS,
    (index) => getLane(server.endpoint, '/api/v1/users/me', users[index]?.token ?? ''),
    (lanes) => measure({ ...window, lanes, pids }),
  );
}

async function logins(bench: Bench, data: DataSet, cost: number): Promise<Figure[]> {
  const server = await startParley(data, { bcryptCost: cost });
  try {
    const users = await registerUsers(server.endpoint, `login${cost}user`, LOGINS);
    const stored = await bcrypt.hash(PASSWORD, cost);
    const bareLanes = Array.from({ length: LOGINS }, () => promiseLane(() => bcrypt.compare(PASSWORD, stored)));
    const long = ({ warmMs, ms }: Window): Window => ({ warmMs, ms: Math.max(LEAST_LOGIN_MS, ms) });
    const samples = await interleave(bench.effort, {
      parley: (window) =>
        withLanes(
          LOGINS,
          (index) => postLane(server.endpoint, '/api/v1/users/login', credentials(users[index]), 200),
          (lanes) => measure({ ...long(window), lanes, pids: { server: server.pid } }),
        ),
      bare: (window) => measure({ ...long(window), lanes: bareLanes }),
    });
    return [
      rateFigure({
        ...{ scenario: 'S7', storage: bench.storage.kind, what: `login, bcrypt cost ${cost}`, unit: '1/s' },
        samples: samples.parley,
        limit: { what: 'bare bcrypt.compare/s', samples: samples.bare },
        goal: { atLeast: 0.95 },
      }),
    ];
  } finally {
    await server.stop();
  }
}

function credentials(user: BenchUser | undefined): string {
  return JSON.stringify({ username: user?.username ?? '', password: PASSWORD });
}
