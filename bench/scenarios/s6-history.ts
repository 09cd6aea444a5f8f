import { rateFigure, type Figure } from '../lib/figure.js';
import { getLane } from '../lib/http-lane.js';
import { measure, promiseLane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers, type BenchChat } from '../lib/population.js';
import { openRaw, type RawStore } from '../lib/raw-store.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import { withLanes } from '../lib/with-lanes.js';

const CONNECTIONS = 16;
const PAGE = 50;
/** Sockets that fill the chat; they share one user each, as a chat's order is the same whoever sends. */
const FILLERS = 32;

/** History pages of 50, newest and deep, by cursor and by page number. */
export const history: Scenario = {
  name: 's6',
  title: 'History pages of 50',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s6');
    const server = await startParley(data, { inspect: bench.profiling });
    let raws: readonly RawStore[] = [];
    try {
      const users = await registerUsers(server.endpoint, 'reader', 2);
      const [chat] = await openDirectChats(server.endpoint, users);
      if (chat === undefined) throw new Error('no chat to read');
      await fill(server, chat, bench.scale.history);
      raws = await Promise.all(Array.from({ length: CONNECTIONS }, () => openRaw(data)));
      const lanes = raws.map((raw) => promiseLane(() => readWhole(raw, chat.id)));
      const path = `/api/v1/messages/chat/${chat.id}`;
      const read = (name: string, query: string) => (window: Window) =>
        readPages(bench, window, server, chat, name, `${path}?${query}`);
      const samples = await interleave(bench.effort, {
        raw: (window) => measure({ ...window, lanes, pids: bench.storage.pids }),
        cursor: read('s6-cursor', `before_seq=1000000000&limit=${PAGE}`),
        page: read('s6-page', `page=1&limit=${PAGE}`),
        deep: read('s6-deep', `before_seq=${PAGE + 1}&limit=${PAGE}`),
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
  samples: Readonly<Record<'raw' | 'cursor' | 'page' | 'deep', readonly Sample[]>>,
): Figure[] {
  const common = { scenario: 'S6', storage: storage.kind, unit: 'pages/s' };
  const limit = { what: 'raw reads/s', samples: samples.raw };
  const goal = { atLeast: 0.6 };
  const newest = { what: 'newest pages/s', samples: samples.cursor };
  return [
    rateFigure({ ...common, what: 'raw: SELECT 50 + 50 bodies', samples: samples.raw }),
    rateFigure({ ...common, what: 'newest 50 by cursor', samples: samples.cursor, limit, goal }),
    rateFigure({ ...common, what: 'page 1 of 50', samples: samples.page, limit, goal }),
    rateFigure({
      ...common,
      what: `50 at depth ${scale.history} by cursor`,
      samples: samples.deep,
      limit: newest,
      goal: { atLeast: 1 / 1.15 },
    }),
  ];
}

/** Sends until the chat holds at least `count` messages. */
function fill(server: ServerProcess, chat: BenchChat, count: number): Promise<void> {
  return withLanes(
    FILLERS,
    (index) => SocketSender.open(server.endpoint, chat.id, chat.users[index % 2 === 0 ? 0 : 1].token, `fill${index}`),
    async (lanes) => {
      let left = count;
      const sendOne = (lane: SocketSender): Promise<void> =>
        new Promise((resolve, reject) => {
          lane.begin((error) => (error === undefined ? resolve() : reject(error)));
        });
      const work = async (lane: SocketSender): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await sendOne(lane);
        }
      };
      await Promise.all(lanes.map(work));
    },
  );
}

async function readWhole(raw: RawStore, chatId: number): Promise<void> {
  const bodies = await raw.readNewest(chatId, PAGE);
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
