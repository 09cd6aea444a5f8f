import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../test/helpers/servers/wait-until.js';
import { startBare } from '../lib/bare-process.js';
import { plainFigure, type Figure } from '../lib/figure.js';
import { openInspector, type Inspector } from '../lib/inspector.js';
import { startParley } from '../lib/parley.js';
import { cpuMicros, residentBytes } from '../lib/process-usage.js';
import { ratios } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import { seedUsers, type SeededUser } from '../lib/seed-users.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import { summarize } from '../lib/stats.js';
import { withLanes } from '../lib/with-lanes.js';

/** Opened and closed first, so that code is compiled and pools are filled before anything is compared. */
const WARM_SOCKETS = 200;
const SETTLE_MS = 30_000;
/** Users come in multiples of this; see `seedUsers`. */
const USERS_STEP = 32;

interface Cost {
  /** Growth of the process per socket, in bytes, with garbage collected before and after. */
  readonly resident: number;
  readonly heap: number;
  readonly connectsPerSecond: number;
  /** Share of one core that the process uses while nothing happens, in percent. */
  readonly idleCpu: number;
}

/** Authenticated sockets that do nothing, each of a user of its own with five chats: what one costs. */
export const idleSockets: Scenario = {
  name: 's5',
  title: 'Idle sockets of users in five chats each',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s5');
    const users = await seedUsers(data, Math.ceil(bench.scale.idleSockets / USERS_STEP) * USERS_STEP);
    const inbox: Cost[] = [];
    const chat: Cost[] = [];
    const bare: Cost[] = [];
    const parley = (): Promise<ServerProcess> => startParley(data, { inspect: true });
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`  round ${round + 1} of ${bench.effort.rounds}`);
      // Processes of their own for each round: what the last one left in the heap would hide this one's growth.
      inbox.push(await costOf(parley, bench, users, 'inbox'));
      chat.push(await costOf(parley, bench, users, 'chat'));
      bare.push(await costOf(() => startBare('uws', bench.folder, true), bench, users, 'inbox'));
    }
    return [...figures(bench, 'all five chats', inbox, bare), ...figures(bench, 'one chat', chat, bare)];
  },
};

/** What a socket is for: all chats of its user, or one of them. */
type Kind = 'inbox' | 'chat';

function figures({ storage, scale }: Bench, kind: string, parley: readonly Cost[], bare: readonly Cost[]): Figure[] {
  const common = { scenario: 'S5', storage: storage.kind };
  const beside = (figure: Figure, pick: (cost: Cost) => number): Figure => ({
    ...figure,
    limit: {
      what: 'bare uWebSockets.js',
      value: summarize(bare.map(pick)),
      ratio: ratios(parley.map(pick), bare.map(pick)),
    },
  });
  const resident = (cost: Cost): number => cost.resident / 1_024;
  const connects = (cost: Cost): number => cost.connectsPerSecond;
  const sockets = `${scale.idleSockets} idle sockets of ${kind}`;
  return [
    beside(
      plainFigure(
        {
          ...{ ...common, what: `memory per socket, ${sockets}`, unit: 'KB', goal: { atMost: 6, of: 'value' } },
          note: 'growth of the process, after garbage collection',
        },
        parley.map(resident),
      ),
      resident,
    ),
    // Nothing to compare with: a bare socket has no state in the heap.
    plainFigure(
      { ...common, what: 'of it live heap', unit: 'KB' },
      parley.map((cost) => cost.heap / 1_024),
    ),
    plainFigure(
      { ...common, what: `CPU, ${sockets}`, unit: '% of a core' },
      parley.map((cost) => cost.idleCpu),
    ),
    beside(
      plainFigure(
        {
          ...{ ...common, what: `connects to ${kind}`, unit: '1/s', goal: { atLeast: 0.5 } },
          note: 'with upgrade, authentication and the answer to a ping, sixteen at a time',
        },
        parley.map(connects),
      ),
      connects,
    ),
  ];
}

async function costOf(
  start: () => Promise<ServerProcess>,
  bench: Bench,
  users: readonly SeededUser[],
  kind: Kind,
): Promise<Cost> {
  const server = await start();
  const inspector = await openInspector(server.inspectorPort ?? 0);
  const count = bench.scale.idleSockets;
  try {
    await withSockets(server, users, kind, WARM_SOCKETS, () => Promise.resolve());
    const before = await settled(server, inspector);
    const startedAt = performance.now();
    return await withSockets(server, users, kind, count, async () => {
      const connectsPerSecond = (count / (performance.now() - startedAt)) * 1_000;
      const idleCpu = await cpuOver(server, bench.effort.window.ms);
      const after = await settled(server, inspector);
      const resident = (after.resident - before.resident) / count;
      return { resident, heap: (after.heap - before.heap) / count, connectsPerSecond, idleCpu };
    });
  } finally {
    inspector.close();
    await server.stop();
  }
}

async function cpuOver(server: ServerProcess, ms: number): Promise<number> {
  const before = cpuMicros(server.pid);
  await sleep(ms);
  return ((cpuMicros(server.pid) - before) / (ms * 1_000)) * 100;
}

function withSockets<T>(
  server: ServerProcess,
  users: readonly SeededUser[],
  kind: Kind,
  count: number,
  use: () => Promise<T>,
): Promise<T> {
  return withLanes(
    count,
    (index) => {
      const user = users[index];
      if (user === undefined) throw new Error('too few users');
      return SocketSender.open(server.endpoint, kind === 'inbox' ? null : user.chatId, user.token, `idle${index}`);
    },
    use,
  );
}

/** Memory once two looks in a row differ by less than one part in 200. */
async function settled(server: ServerProcess, inspector: Inspector): Promise<{ resident: number; heap: number }> {
  let last = Number.POSITIVE_INFINITY;
  return waitUntil(
    async () => {
      const { heapUsed, external } = await inspector.liveMemory();
      const resident = residentBytes(server.pid);
      const change = Math.abs(resident - last) / resident;
      last = resident;
      if (change > 0.005) throw new Error('memory is still changing');
      return { resident, heap: heapUsed + external };
    },
    { what: 'memory settles', deadlineMs: SETTLE_MS, everyMs: 250 },
  );
}
