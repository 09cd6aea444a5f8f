import { waitUntil } from '../../test/helpers/servers/wait-until.js';
import { startBare } from '../lib/bare-process.js';
import type { Figure } from '../lib/figure.js';
import { openInspector, type Inspector } from '../lib/inspector.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers, type BenchChat } from '../lib/population.js';
import { residentBytes } from '../lib/process-usage.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import { summarize, type Summary } from '../lib/stats.js';
import { withLanes } from '../lib/with-lanes.js';

/** Opened and closed first, so that code is compiled and pools are filled before anything is compared. */
const WARM_SOCKETS = 200;
const SETTLE_MS = 20_000;

interface Cost {
  /** Growth of the process per socket, in bytes, with garbage collected before and after. */
  readonly resident: number;
  readonly heap: number;
  readonly connectsPerSecond: number;
}

/** Authenticated sockets that do nothing, two on each direct chat: what one costs. */
export const idleSockets: Scenario = {
  name: 's5',
  title: 'Idle sockets',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s5');
    const rounds = Math.min(bench.effort.rounds, 3);
    const parley: Cost[] = [];
    const bare: Cost[] = [];
    let chats: BenchChat[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // A process of its own for each round: what the last one left in the heap would hide this one's growth.
      const server = await startParley(data, { inspect: true });
      const limit = await startBare('uws', bench.folder, true);
      try {
        if (chats.length === 0) {
          chats = await openDirectChats(
            server.endpoint,
            await registerUsers(server.endpoint, 'idle', bench.scale.idleSockets),
          );
        }
        parley.push(await costOf(server, bench, chats));
        bare.push(await costOf(limit, bench, chats));
      } finally {
        await Promise.all([server.stop(), limit.stop()]);
      }
    }
    return figures(bench, parley, bare);
  },
};

function figures({ storage }: Bench, parley: readonly Cost[], bare: readonly Cost[]): Figure[] {
  const figure = (what: string, unit: string, pick: (cost: Cost) => number): Figure => ({
    ...{ scenario: 'S5', storage: storage.kind, what, unit, value: summarize(parley.map(pick)) },
    ...{ limit: null, goal: null, latency: null, cpu: {}, clientShare: null },
  });
  const limitOf = (pick: (cost: Cost) => number): Figure['limit'] => ({
    what: 'bare uWebSockets.js',
    value: summarize(bare.map(pick)),
    ratio: ratio(parley, bare, pick),
  });
  const resident = (cost: Cost): number => cost.resident / 1_024;
  const connects = (cost: Cost): number => cost.connectsPerSecond;
  return [
    {
      ...figure('resident memory per idle socket', 'KB', resident),
      limit: limitOf(resident),
      note: 'after garbage collection; at most 6 KB are aimed at',
    },
    // Nothing to compare with: a bare socket has no state in the heap.
    figure('live heap per idle socket', 'KB', (cost) => cost.heap / 1_024),
    {
      ...figure('connect, authenticate, join', '1/s', connects),
      limit: limitOf(connects),
      goal: { atLeast: 0.5 },
      note: 'sixteen at a time',
    },
  ];
}

function ratio(parley: readonly Cost[], bare: readonly Cost[], pick: (cost: Cost) => number): Summary {
  return summarize(parley.map((cost, round) => pick(cost) / pick(bare[round] ?? cost)));
}

async function costOf(server: ServerProcess, bench: Bench, chats: readonly BenchChat[]): Promise<Cost> {
  const inspector = await openInspector(server.inspectorPort ?? 0);
  try {
    await withSockets(server, chats, WARM_SOCKETS, () => Promise.resolve());
    const before = await settled(server, inspector);
    const startedAt = performance.now();
    return await withSockets(server, chats, bench.scale.idleSockets, async () => {
      const connectsPerSecond = (bench.scale.idleSockets / (performance.now() - startedAt)) * 1_000;
      const after = await settled(server, inspector);
      return {
        resident: (after.resident - before.resident) / bench.scale.idleSockets,
        heap: (after.heap - before.heap) / bench.scale.idleSockets,
        connectsPerSecond,
      };
    });
  } finally {
    inspector.close();
  }
}

/** Two sockets on each chat, one of each user. */
function withSockets<T>(
  server: ServerProcess,
  chats: readonly BenchChat[],
  count: number,
  use: () => Promise<T>,
): Promise<T> {
  return withLanes(
    count,
    (index) => {
      const chat = chats[index >> 1];
      if (chat === undefined) throw new Error('too few chats');
      const { token } = chat.users[index % 2 === 0 ? 0 : 1];
      return SocketSender.open(server.endpoint, chat.id, token, `idle${index}`);
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
