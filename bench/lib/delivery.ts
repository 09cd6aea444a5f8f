import { waitUntil } from '../../test/helpers/servers/wait-until.js';
import type { Sample } from './measure.js';
import { openLoop } from './open-loop.js';
import { cpuMicros, ownCpuMicros } from './process-usage.js';
import type { SocketSender } from './socket-sender.js';
import { quantile, sortedCopy } from './stats.js';

/** Live sockets of one chat: one sends, the others receive. Nobody else sends there meanwhile. */
export interface Route {
  readonly from: SocketSender;
  readonly to: readonly SocketSender[];
}

const DELIVERY_MS = 10_000;

/** What became of the messages of one window. */
export interface Delivery extends Sample {
  /** How late the load client was with sending, in milliseconds, at p99. */
  readonly lateP99: number;
  /** Longest time from writing a message to its ack, in milliseconds. */
  readonly slowestAck: number;
}

/**
 * Milliseconds from writing a message to its event at each receiver, with messages arriving at random over all routes.
 * Rejects when one does not arrive.
 */
export async function measureDelivery(options: {
  readonly routes: readonly Route[];
  readonly perSecond: number;
  readonly warmMs: number;
  readonly ms: number;
  readonly pids: Readonly<Record<string, number>>;
}): Promise<Delivery> {
  const { routes, perSecond, pids } = options;
  const latencies: number[] = [];
  let missing = 0;
  let slowestAck = 0;
  const lanes = routes.map(({ from, to }) => {
    const sentAt: number[] = [];
    const came = to.map(() => 0);
    for (const [at, receiver] of to.entries()) {
      // Events of one chat come in the order of its sends: the n-th event belongs to the n-th time.
      let received = 0;
      receiver.onEvent = () => {
        latencies.push(performance.now() - (sentAt[received] ?? Number.NaN));
        received += 1;
        came[at] = received;
        missing -= 1;
      };
    }
    let acknowledged = 0;
    from.onAck = () => {
      slowestAck = Math.max(slowestAck, performance.now() - (sentAt[acknowledged] ?? Number.NaN));
      acknowledged += 1;
      missing -= 1;
    };
    const state = (): string => `sent ${sentAt.length}, acks ${acknowledged}, events ${came.join(' and ')}`;
    const isWhole = (): boolean => [acknowledged, ...came].every((count) => count === sentAt.length);
    return { from, sentAt, receivers: to.length, state, isWhole };
  });
  const wrong = (): string =>
    lanes
      .flatMap((lane, index) => (lane.isWhole() ? [] : [`route ${index} ${lane.state()}`]))
      .slice(0, 5)
      .join('; ');

  const fire = (): void => {
    const lane = lanes[Math.floor(Math.random() * lanes.length)];
    if (lane === undefined) throw new Error('no route to send on');
    lane.from.assertOpen();
    lane.sentAt.push(performance.now());
    lane.from.fire();
    // The ack is waited for, too.
    missing += lane.receivers + 1;
  };
  const arrived = (): Promise<void> =>
    waitUntil(
      () => (missing === 0 ? Promise.resolve() : Promise.reject(new Error(`${missing} are missing: ${wrong()}`))),
      {
        what: 'every message reaches every receiver',
        deadlineMs: DELIVERY_MS,
      },
    );

  await openLoop({ perSecond, ms: options.warmMs, fire });
  await arrived();
  latencies.length = 0;
  slowestAck = 0;
  const before = { client: ownCpuMicros(), ...usageOf(pids) };
  const startedAt = performance.now();
  const { calls, lateMs } = await openLoop({ perSecond, ms: options.ms, fire });
  await arrived();
  const seconds = (performance.now() - startedAt) / 1_000;
  const after: Readonly<Record<string, number>> = { client: ownCpuMicros(), ...usageOf(pids) };
  const cpu = Object.fromEntries(
    Object.entries(before).map(([name, start]) => [name, ((after[name] ?? start) - start) / calls]),
  );
  const sorted = sortedCopy(latencies);
  return {
    ...{ operations: calls, seconds, perSecond: calls / seconds, cpu },
    latency: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
    clientShare: ((cpu['client'] ?? 0) * calls) / (seconds * 1_000_000),
    lateP99: quantile(sortedCopy(lateMs), 0.99),
    slowestAck,
  };
}

function usageOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMicros(pid)]));
}
