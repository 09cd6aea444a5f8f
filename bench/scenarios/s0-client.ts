import { startBare } from '../lib/bare-process.js';
import { rateFigure, type Figure } from '../lib/figure.js';
import { getLane, messageLane } from '../lib/http-lane.js';
import { measure, type Lane, type Sample } from '../lib/measure.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { SocketSender } from '../lib/socket-sender.js';
import { withLanes } from '../lib/with-lanes.js';

const LANES = 64;

/**
 * What the load client reaches when the server does nothing: figures near these would be the client's, not the
 * server's.
 */
export const clientCeiling: Scenario = {
  name: 's0',
  title: 'The load client against servers that do nothing',
  perStorage: false,
  run: async (bench) => {
    const uws = await startBare('uws', bench.folder);
    const listener = await startBare('listener', bench.folder);
    const sockets = (server: ServerProcess) => (window: Window) =>
      withLanes(
        LANES,
        (index) => SocketSender.open(server.endpoint, 1 + (index >> 1), 'none', `bare${index}`),
        (lanes) => run(window, lanes, server),
      );
    try {
      const samples = await interleave(bench.effort, {
        sockets: sockets(uws),
        listenerSockets: sockets(listener),
        gets: (window) =>
          withLanes(
            LANES,
            () => getLane(listener.endpoint, '/api/v1/users/me', 'none'),
            (lanes) => run(window, lanes, listener),
          ),
        posts: (window) =>
          withLanes(
            LANES,
            (index) => messageLane(listener.endpoint, 1, 'none', `bare${index}`),
            (lanes) => run(window, lanes, listener),
          ),
      });
      return [
        figure('frame to ack + 2 events, 64 sockets, bare uWebSockets.js', samples.sockets),
        figure("frame to ack + 2 events, 64 sockets, Parley's bare listener", samples.listenerSockets),
        figure("GET, 64 connections, bare Koa behind Parley's listener", samples.gets),
        figure("POST, 64 connections, bare Koa behind Parley's listener", samples.posts),
      ];
    } finally {
      await Promise.all([uws.stop(), listener.stop()]);
    }
  },
};

function run(window: Window, lanes: readonly Lane[], server: ServerProcess): Promise<Sample> {
  return measure({ ...window, lanes, pids: { server: server.pid } });
}

function figure(what: string, samples: readonly Sample[]): Figure {
  return rateFigure({ scenario: 'S0', storage: '-', what, unit: '1/s', samples });
}
