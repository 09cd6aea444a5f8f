import { latencyFigure, rateFigure, type Figure } from '../lib/figure.js';
import { messageLane } from '../lib/http-lane.js';
import { measure, promiseLane, type Lane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers } from '../lib/population.js';
import { nextRows } from '../lib/raw-rows.js';
import { openRaw } from '../lib/raw-store.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import { SocketSender } from '../lib/socket-sender.js';
import { withLanes } from '../lib/with-lanes.js';

/** One sender, the next message after the ack of the last: what a person alone on the server waits. */
export const loneSender: Scenario = {
  name: 's2',
  title: 'Lone sender',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s2');
    const server = await startParley(data, { inspect: bench.profiling });
    try {
      const [chat, rawChat] = await openDirectChats(server.endpoint, await registerUsers(server.endpoint, 'lone', 4));
      if (chat === undefined || rawChat === undefined) throw new Error('no chats to send to');
      const { endpoint } = server;
      const { token } = chat.users[0];
      const raw = await openRaw(data);
      const target = [{ id: rawChat.id, senderId: rawChat.users[0].id, nextSeq: 1 }];
      const pids = { server: server.pid, ...bench.storage.pids };
      const send = (name: string, open: () => Promise<Lane & { close(): void }>) => (window: Window) =>
        withLanes(1, open, (lanes) =>
          bench.profiled(name, server.inspectorPort, () => measure({ ...window, lanes, pids })),
        );
      let run = 0;
      try {
        const samples = await interleave(bench.effort, {
          raw: (window) =>
            measure({
              ...window,
              lanes: [promiseLane(() => raw.write(nextRows(target, 1)))],
              pids: bench.storage.pids,
            }),
          socket: send('s2-socket', () => SocketSender.open(endpoint, chat.id, token, `lone${(run += 1)}`)),
          rest: send('s2-rest', () => messageLane(endpoint, chat.id, token, `lone${(run += 1)}`)),
        });
        return figures(bench, samples);
      } finally {
        await raw.close();
      }
    } finally {
      await server.stop();
    }
  },
};

function figures(
  { storage }: Bench,
  samples: Readonly<Record<'raw' | 'socket' | 'rest', readonly Sample[]>>,
): Figure[] {
  const common = { scenario: 'S2', storage: storage.kind };
  const limit = { what: 'ms raw pair', samples: samples.raw };
  const half = { ...common, quantile: 'p50', limit } as const;
  const tail = { ...common, quantile: 'p99', limit, goal: { atMost: 2 } } as const;
  return [
    rateFigure({ ...common, what: 'raw pair, one after the other', unit: 'msg/s', samples: samples.raw }),
    latencyFigure({ ...half, what: 'socket p50', samples: samples.socket, goal: { atMost: 1.25 } }),
    latencyFigure({ ...tail, what: 'socket p99', samples: samples.socket }),
    latencyFigure({ ...half, what: 'POST p50', samples: samples.rest, goal: { atMost: 1.4 } }),
    latencyFigure({ ...tail, what: 'POST p99', samples: samples.rest }),
  ];
}
