import { measureDelivery, type Delivery, type Route } from './delivery.js';
import type { BenchChat } from './population.js';
import type { Window } from './rounds.js';
import type { Bench } from './scenario.js';
import type { ServerProcess } from './server-process.js';
import { SocketSender } from './socket-sender.js';
import { withLanes } from './with-lanes.js';

let run = 0;

/** Opens both sockets of every chat, and sends at random moments from the first user of each to the second. */
export function deliverDirectly(
  bench: Bench,
  window: Window,
  options: {
    readonly server: ServerProcess;
    readonly chats: readonly BenchChat[];
    readonly perSecond: number;
    /** Names the profile. */
    readonly name: string;
  },
): Promise<Delivery> {
  const { server, chats, perSecond, name } = options;
  run += 1;
  return withLanes(
    2 * chats.length,
    (index) => {
      const chat = chats[index >> 1];
      if (chat === undefined) throw new Error('too few chats');
      const { token } = chat.users[index % 2 === 0 ? 0 : 1];
      return SocketSender.open(server.endpoint, chat.id, token, `open${run}-${index}`);
    },
    (sockets) => {
      const pids = { server: server.pid, ...bench.storage.pids };
      return bench.profiled(name, server.inspectorPort, () =>
        measureDelivery({ routes: routesOf(sockets), ...window, perSecond, pids }),
      );
    },
  );
}

function routesOf(sockets: readonly SocketSender[]): Route[] {
  return sockets.flatMap((from, index) => {
    const to = sockets[index + 1];
    return index % 2 === 0 && to !== undefined ? [{ from, to: [to] }] : [];
  });
}
