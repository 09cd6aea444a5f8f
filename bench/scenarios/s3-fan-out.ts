import { startBare } from '../lib/bare-process.js';
import { measureDelivery } from '../lib/delivery.js';
import { FanOut } from '../lib/fan-out.js';
import { latencyFigure, rateFigure, type Figure } from '../lib/figure.js';
import { measure, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openGroupChat, registerUsers, type BenchUser } from '../lib/population.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import { withLanes } from '../lib/with-lanes.js';

const MEMBERS = 100;
const PACED_PER_SECOND = 200;
/** What reaching a hundred members may take longer than a lone sender's ack. */
const PACED_MORE_MS = 2;

interface Stage {
  readonly bench: Bench;
  readonly server: ServerProcess;
  readonly chatId: number;
  readonly users: readonly BenchUser[];
}

/** One chat of a hundred members, all of them live: what one sends, everybody gets. */
export const fanOut: Scenario = {
  name: 's3',
  title: 'Fan-out to 100 members',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s3');
    const server = await startParley(data, { inspect: bench.profiling });
    const bare = await startBare('uws', bench.folder);
    try {
      const users = await registerUsers(server.endpoint, 'member', MEMBERS);
      const parley: Stage = { bench, server, chatId: await openGroupChat(server.endpoint, users), users };
      const limit: Stage = { ...parley, server: bare };
      const samples = await interleave(bench.effort, {
        typing1: (window) => typing(parley, window, 1),
        bareTyping1: (window) => typing(limit, window, 1),
        typing32: (window) => typing(parley, window, 32),
        bareTyping32: (window) => typing(limit, window, 32),
        durable1: (window) => durable(parley, window, 1),
        durable32: (window) => durable(parley, window, 32),
        bareDurable32: (window) => durable(limit, window, 32),
        lone: (window) => alone(parley, window),
        paced: (window) => paced(parley, window),
      });
      return figures(bench, samples);
    } finally {
      await Promise.all([server.stop(), bare.stop()]);
    }
  },
};

function figures({ storage }: Bench, samples: Readonly<Record<string, readonly Sample[]>>): Figure[] {
  const common = { scenario: 'S3', storage: storage.kind, unit: 'frames/s' };
  const of = (name: string): readonly Sample[] => samples[name] ?? [];
  const bare = (name: string): { what: string; samples: readonly Sample[] } => ({
    what: 'bare uWS frames/s',
    samples: of(name),
  });
  const goals = { one: { atLeast: 0.85 }, many: { atLeast: 0.7 } };
  return [
    rateFigure({
      ...common,
      what: 'typing, 1 in flight',
      samples: of('typing1'),
      limit: bare('bareTyping1'),
      goal: goals.one,
    }),
    rateFigure({
      ...common,
      what: 'typing, 32 in flight',
      samples: of('typing32'),
      limit: bare('bareTyping32'),
      goal: goals.many,
    }),
    rateFigure({ ...common, what: 'durable, 1 in flight', samples: of('durable1') }),
    rateFigure({ ...common, what: 'durable, 32 in flight', samples: of('durable32'), limit: bare('bareDurable32') }),
    latencyFigure({
      ...{ scenario: 'S3', storage: storage.kind, what: `durable p99 at ${PACED_PER_SECOND} msg/s`, quantile: 'p99' },
      samples: of('paced'),
      limit: {
        what: "ms: a lone sender's p99 + 2 ms",
        samples: of('lone'),
        allows: ({ latency }) => latency.p99 + PACED_MORE_MS,
      },
      goal: { atMost: 1 },
    }),
  ];
}

let run = 0;

/** Everybody's sockets; the first one sends. */
function withMembers<T>(
  stage: Stage,
  use: (sockets: readonly SocketSender[], first: SocketSender) => Promise<T>,
): Promise<T> {
  const { server, chatId, users } = stage;
  run += 1;
  return withLanes(
    users.length,
    (index) => SocketSender.open(server.endpoint, chatId, users[index]?.token ?? '', `fan${run}-${index}`),
    (sockets) => {
      const [first] = sockets;
      if (first === undefined) throw new Error('nobody to send');
      return use(sockets, first);
    },
  );
}

function pidsOf({ bench, server }: Stage): Record<string, number> {
  return { server: server.pid, ...bench.storage.pids };
}

/** To the others only, and answered by nothing: an operation is over when the last of them has it. */
function typing(stage: Stage, window: Window, inFlight: number): Promise<Sample> {
  return withMembers(stage, (sockets, first) => {
    const lanes = new FanOut(sockets.slice(1), () => first.fireTyping()).lanes(inFlight);
    return counted(stage, window, `s3-typing-${inFlight}`, lanes, sockets.length - 1);
  });
}

function durable(stage: Stage, window: Window, inFlight: number): Promise<Sample> {
  return withMembers(stage, (sockets, first) => {
    const lanes = new FanOut(sockets, () => first.fire()).lanes(inFlight);
    return counted(stage, window, `s3-durable-${inFlight}`, lanes, sockets.length);
  });
}

function counted(
  stage: Stage,
  window: Window,
  name: string,
  lanes: ReturnType<FanOut['lanes']>,
  weight: number,
): Promise<Sample> {
  return stage.bench.profiled(name, stage.server.inspectorPort, () =>
    measure({ lanes, ...window, weight, pids: pidsOf(stage) }),
  );
}

/** The first member sends with nobody else there. */
function alone(stage: Stage, window: Window): Promise<Sample> {
  return withMembers({ ...stage, users: stage.users.slice(0, 1) }, (lanes) =>
    measure({ lanes, ...window, pids: pidsOf(stage) }),
  );
}

function paced(stage: Stage, window: Window): Promise<Sample> {
  return withMembers(stage, (sockets, first) =>
    measureDelivery({
      routes: [{ from: first, to: sockets }],
      ...{ ...window, perSecond: PACED_PER_SECOND, pids: pidsOf(stage) },
    }),
  );
}
