import { latencyFigure, rateFigure, type Figure } from '../lib/figure.js';
import { getLane } from '../lib/http-lane.js';
import { measure, promiseLane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers, type BenchChat } from '../lib/population.js';
import type { RawStore } from '../lib/raw-rows.js';
import { openRaw } from '../lib/raw-store.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import { seedMessages } from '../lib/seed.js';
import type { ServerProcess } from '../lib/server-process.js';
import type { DataSet } from '../lib/storage.js';
import { withLanes } from '../lib/with-lanes.js';

const CONNECTIONS = 16;
const PAGE = 50;

/** History pages of 50, newest and deep, by cursor and by page number. */
export const history: Scenario = {
  name: 's6',
  title: 'History pages of 50',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s6');
    const chat = await populate(bench, data);
    const server = await startParley(data, { inspect: bench.profiling });
    let raws: readonly RawStore[] = [];
    try {
      raws = await Promise.all(Array.from({ length: CONNECTIONS }, () => openRaw(data)));
      const lanes = raws.map((raw) => promiseLane(() => readWhole(raw.readNewest(chat.id, PAGE))));
      const deepLanes = raws.map((raw) => promiseLane(() => readWhole(raw.readBefore(chat.id, PAGE + 1, PAGE))));
      const path = `/api/v1/messages/chat/${chat.id}`;
      const read = (name: string, query: string) => (window: Window) =>
        readPages(bench, window, server, chat, name, `${path}?${query}`);
      const samples = await interleave(bench.effort, {
        raw: (window) => measure({ ...window, lanes, pids: bench.storage.pids }),
        cursor: read('s6-cursor', `before_seq=1000000000&limit=${PAGE}`),
        page: read('s6-page', `page=1&limit=${PAGE}`),
        deep: read('s6-deep', `before_seq=${PAGE + 1}&limit=${PAGE}`),
        rawDeep: (window) => measure({ ...window, lanes: deepLanes, pids: bench.storage.pids }),
      });
      return figures(bench, samples);
    } finally {
      await Promise.all(raws.map((raw) => raw.close()));
      await server.stop();
    }
  },
};

function figures(
  { storage, scale }: Bench,
  samples: Readonly<Record<'raw' | 'cursor' | 'page' | 'deep' | 'rawDeep', readonly Sample[]>>,
): Figure[] {
  const common = { scenario: 'S6', storage: storage.kind, unit: 'pages/s' };
  const limit = { what: 'raw reads/s', samples: samples.raw };
  const goal = { atLeast: 0.6 };
  return [
    rateFigure({ ...common, what: 'raw: SELECT 50 + 50 bodies', samples: samples.raw }),
    rateFigure({ ...common, what: 'newest 50 by cursor', samples: samples.cursor, limit, goal }),
    rateFigure({ ...common, what: 'page 1 of 50', samples: samples.page, limit, goal }),
    // The cost of a page is what a connection waits for it.
    latencyFigure({
      ...{ scenario: 'S6', storage: storage.kind, what: `50 at depth ${scale.history} by cursor`, quantile: 'p50' },
      samples: samples.deep,
      limit: { what: 'ms: 50 newest by cursor', samples: samples.cursor },
      goal: { atMost: 1.15 },
    }),
    rateFigure({
      ...common,
      what: `50 at depth ${scale.history} by cursor`,
      samples: samples.deep,
      limit: { what: 'raw reads/s there', samples: samples.rawDeep },
      goal,
    }),
  ];
}

/** A data set of as many messages as the scale says, in chats of equal length; answers one of them. */
async function populate({ scale, say }: Bench, data: DataSet): Promise<BenchChat> {
  const count = Math.max(1, Math.round(scale.rows / scale.history));
  const server = await startParley(data);
  let chats: readonly BenchChat[];
  try {
    chats = await openDirectChats(server.endpoint, await registerUsers(server.endpoint, 'reader', 2 * count));
  } finally {
    await server.stop();
  }
  say(`  filling ${count} chats with ${scale.history} messages each`);
  await seedMessages(data, chats, scale.history);
  const chat = chats[count >> 1];
  if (chat === undefined) throw new Error('no chat to read');
  return chat;
}

async function readWhole(reading: Promise<number>): Promise<void> {
  const bodies = await reading;
  if (bodies !== PAGE) throw new Error(`read ${bodies} bodies of ${PAGE}`);
}

function readPages(
  bench: Bench,
  window: Window,
  server: ServerProcess,
  chat: BenchChat,
  name: string,
  path: string,
): Promise<Sample> {
  const pids = { server: server.pid, ...bench.storage.pids };
  return withLanes(
    CONNECTIONS,
    () => getLane(server.endpoint, path, chat.users[0].token),
    (lanes) => bench.profiled(name, server.inspectorPort, () => measure({ ...window, lanes, pids })),
  );
}
