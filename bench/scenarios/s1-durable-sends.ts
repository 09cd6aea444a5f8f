import { waitUntil } from '../../test/helpers/servers/wait-until.js';
import { startBare } from '../lib/bare-process.js';
import { plainFigure, rateFigure, type Figure } from '../lib/figure.js';
import { openFsyncCounter, type FsyncCounter } from '../lib/fsyncs.js';
import { messageLane } from '../lib/http-lane.js';
import { measure, promiseLane, type Lane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers, type BenchChat } from '../lib/population.js';
import { nextRows, type RawStore } from '../lib/raw-rows.js';
import { openRaw, writerLanes } from '../lib/raw-store.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import type { DataSet } from '../lib/storage.js';
import { withLanes } from '../lib/with-lanes.js';

const MOST = 256;
const BATCH = 100;
/** After the last ack every event is on its way; more than this is a lost one. */
const DELIVERY_MS = 10_000;

/** Durable sends: everybody sends again as soon as the last message is acknowledged, two senders per direct chat. */
export const durableSends: Scenario = {
  name: 's1',
  title: 'Durable sends, closed loop',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s1');
    const rawData = await bench.storage.create('s1raw');
    const rawChats = await populate(rawData, 64);
    const server = await startParley(data, { inspect: bench.profiling });
    const bare = await startBare('listener', bench.folder);
    const fsyncs = await openFsyncCounter(data);
    const raws = await Promise.all(Array.from({ length: writerLanes(rawData) }, () => openRaw(rawData)));
    try {
      const users = await registerUsers(server.endpoint, 'sender', MOST);
      const chats = await openDirectChats(server.endpoint, users);
      const rawLanes = lanesOf(raws, rawChats);
      const stage: Stage = { bench, server, chats, fsyncs };
      let run = 0;
      const samples = await interleave<Name, Sent>(bench.effort, {
        raw: (window) => measure({ ...window, lanes: rawLanes, weight: BATCH, pids: bench.storage.pids }),
        sockets64: (window) => sendBySocket(stage, window, 64, (run += 1)),
        sockets256: (window) => sendBySocket(stage, window, MOST, (run += 1)),
        rest64: (window) => sendByRest(stage, window, (run += 1)),
        bare: (window) => postToBare(window, bare, (run += 1)),
      });
      return figures(bench, samples);
    } finally {
      await Promise.all([fsyncs.close(), ...raws.map((raw) => raw.close())]);
      await Promise.all([server.stop(), bare.stop()]);
    }
  },
};

interface Stage {
  readonly bench: Bench;
  readonly server: ServerProcess;
  readonly chats: readonly BenchChat[];
  readonly fsyncs: FsyncCounter;
}

/** With the fsyncs per message of the whole run, where they were counted. */
type Sent = Sample & { readonly fsyncs?: number };
type Name = 'raw' | 'sockets64' | 'sockets256' | 'rest64' | 'bare';

function figures({ storage }: Bench, samples: Readonly<Record<Name, readonly Sent[]>>): Figure[] {
  const common = { scenario: 'S1', storage: storage.kind, unit: 'msg/s' };
  const raw = { what: 'raw rows/s', samples: samples.raw };
  const bare = { what: 'bare Koa POST/s', samples: samples.bare };
  return [
    rateFigure({ ...common, what: 'raw writer', unit: 'rows/s', samples: samples.raw }),
    rateFigure({
      ...common,
      what: 'socket, 64 in flight',
      samples: samples.sockets64,
      limit: raw,
      goal: { atLeast: 0.35 },
    }),
    rateFigure({
      ...common,
      what: 'socket, 256 in flight',
      samples: samples.sockets256,
      limit: raw,
      goal: { atLeast: 0.5 },
    }),
    rateFigure({
      ...common,
      what: 'POST, 64 connections',
      samples: samples.rest64,
      limit: bare,
      goal: { atLeast: 0.6 },
    }),
    ...(['sockets64', 'sockets256'] as const).map((name) =>
      plainFigure(
        {
          ...common,
          what: `fsyncs per message, ${name.slice('sockets'.length)} in flight`,
          unit: 'fsyncs',
          goal: { atMost: 0.05, of: 'value' },
        },
        samples[name].map((sample) => sample.fsyncs ?? Number.NaN),
      ),
    ),
  ];
}

/** Users and chats made by Parley itself, so that the raw writer finds the tables as they really are. */
async function populate(data: DataSet, users: number): Promise<BenchChat[]> {
  const server = await startParley(data);
  try {
    return await openDirectChats(server.endpoint, await registerUsers(server.endpoint, 'raw', users));
  } finally {
    await server.stop();
  }
}

/** Each lane writes to chats of its own. */
function lanesOf(raws: readonly RawStore[], chats: readonly BenchChat[]): Lane[] {
  const each = Math.floor(chats.length / raws.length);
  return raws.map((raw, index) => {
    const own = chats
      .slice(index * each, (index + 1) * each)
      .map((chat) => ({ id: chat.id, senderId: chat.users[0].id, nextSeq: 1 }));
    return promiseLane(() => raw.write(nextRows(own, BATCH)));
  });
}

/** Who sends on lane `index`: both users of a chat are neighbours. */
function senderOf(chats: readonly BenchChat[], index: number): { chatId: number; token: string } {
  const chat = chats[index >> 1];
  if (chat === undefined) throw new Error('too few chats');
  return { chatId: chat.id, token: chat.users[index % 2 === 0 ? 0 : 1].token };
}

function sendBySocket(stage: Stage, window: Window, count: number, run: number): Promise<Sent> {
  const { bench, server, chats, fsyncs } = stage;
  return withLanes(
    count,
    (index) => {
      const { chatId, token } = senderOf(chats, index);
      return SocketSender.open(server.endpoint, chatId, token, `s${run}-${index}`);
    },
    async (lanes) => {
      const pids = { server: server.pid, ...bench.storage.pids };
      const before = await fsyncs.count();
      const sample = await bench.profiled(`s1-socket-${count}`, server.inspectorPort, () =>
        measure({ ...window, lanes, pids }),
      );
      const counted = (await fsyncs.count()) - before;
      await everythingArrived(lanes);
      return { ...sample, fsyncs: counted / lanes.reduce((total, lane) => total + lane.acks, 0) };
    },
  );
}

/** Every message reaches both sockets of its chat, or the run has no result. */
async function everythingArrived(lanes: readonly SocketSender[]): Promise<void> {
  await waitUntil(
    async () => {
      const sum = (pick: (lane: SocketSender) => number): number =>
        lanes.reduce((total, lane) => total + pick(lane), 0);
      const expected = 2 * sum((lane) => lane.acks);
      const events = sum((lane) => lane.events);
      if (events !== expected) throw new Error(`${events} events of ${expected}`);
      return Promise.resolve();
    },
    { what: 'every message reaches both sockets of its chat', deadlineMs: DELIVERY_MS },
  );
}

function sendByRest({ bench, server, chats }: Stage, window: Window, run: number): Promise<Sample> {
  return withLanes(
    64,
    (index) => {
      const { chatId, token } = senderOf(chats, index);
      return messageLane(server.endpoint, chatId, token, `r${run}-${index}`);
    },
    (lanes) => {
      const pids = { server: server.pid, ...bench.storage.pids };
      return bench.profiled('s1-rest-64', server.inspectorPort, () => measure({ ...window, lanes, pids }));
    },
  );
}

function postToBare(window: Window, bare: ServerProcess, run: number): Promise<Sample> {
  return withLanes(
    64,
    (index) => messageLane(bare.endpoint, 1, 'none', `b${run}-${index}`),
    (lanes) => measure({ ...window, lanes, pids: { server: bare.pid } }),
  );
}
