import { startBare } from '../lib/bare-process.js';
import { deliverDirectly } from '../lib/direct-delivery.js';
import { latencyFigure, plainFigure, type Figure } from '../lib/figure.js';
import { measure, promiseLane, type Sample } from '../lib/measure.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers, type BenchChat } from '../lib/population.js';
import { nextRows, type RawStore } from '../lib/raw-rows.js';
import { openRaw } from '../lib/raw-store.js';
import { interleave, type Window } from '../lib/rounds.js';
import type { Bench, Scenario } from '../lib/scenario.js';
import type { ServerProcess } from '../lib/server-process.js';
import { summarize } from '../lib/stats.js';

const CHATS = 500;
const RATES = [1_000, 2_000] as const;

/** Messages arriving at random in many direct chats: from the sender's write to the other's frame. */
export const latency: Scenario = {
  name: 's4',
  title: 'Delivery under open-loop load',
  perStorage: true,
  async run(bench) {
    const data = await bench.storage.create('s4');
    const server = await startParley(data, { inspect: bench.profiling });
    const bare = await startBare('uws', bench.folder);
    let raw: RawStore | null = null;
    try {
      // One more chat, into which only the raw driver writes.
      const users = await registerUsers(server.endpoint, 'open', 2 * CHATS + 2);
      const chats = await openDirectChats(server.endpoint, users);
      const rawChat = chats.pop();
      if (rawChat === undefined) throw new Error('no chat for the raw driver');
      raw = await openRaw(data);
      const pair = rawPair(bench, raw, rawChat);
      const over = (on: ServerProcess, perSecond: number, name: string) => (window: Window) =>
        deliverDirectly(bench, window, { server: on, chats, perSecond, name });
      const samples = await interleave<'pair' | 'echo' | 'slow' | 'fast', Delivery>(bench.effort, {
        pair,
        echo: over(bare, RATES[0], 's4-echo'),
        slow: over(server, RATES[0], 's4-1000'),
        fast: over(server, RATES[1], 's4-2000'),
      });
      return figures(bench, samples);
    } finally {
      await raw?.close();
      await Promise.all([server.stop(), bare.stop()]);
    }
  },
};

type Delivery = Sample & { readonly lateP99?: number };

function figures(
  { storage }: Bench,
  samples: Readonly<Record<'pair' | 'echo' | 'slow' | 'fast', readonly Delivery[]>>,
): Figure[] {
  const common = { scenario: 'S4', storage: storage.kind };
  const limit = { what: 'ms raw pair', samples: samples.pair };
  const half = { ...common, quantile: 'p50', limit } as const;
  const tail = {
    ...{ ...common, quantile: 'p99' as const },
    limit: {
      what: 'ms: 4 x raw pair + 10 ms',
      samples: samples.pair,
      allows: ({ latency }: Sample) => 4 * latency.p50 + 10,
    },
  } as const;
  const loads = [
    [RATES[0], samples.slow],
    [RATES[1], samples.fast],
  ] as const;
  return [
    ...(['p50', 'p99'] as const).map((quantile) =>
      plainFigure(
        { ...common, what: `bare echo ${quantile} at ${RATES[0]}/s`, unit: 'ms' },
        samples.echo.map(({ latency }) => latency[quantile]),
      ),
    ),
    ...loads.flatMap(([rate, delivered]) => [
      latencyFigure({ ...half, what: `p50 at ${rate}/s`, samples: delivered, goal: { atMost: 2 } }),
      latencyFigure({
        ...tail,
        what: `p99 at ${rate}/s`,
        samples: delivered,
        goal: { atMost: 1 },
        note: lateness(delivered),
      }),
    ]),
  ];
}

/** How late the load client itself was, which no figure here can be better than. */
function lateness(samples: readonly Delivery[]): string {
  const { median } = summarize(samples.map(({ lateP99 }) => lateP99 ?? 0));
  return `the generator was late by ${median.toFixed(1)} ms at p99`;
}

function rawPair({ storage }: Bench, raw: RawStore, chat: BenchChat): (window: Window) => Promise<Delivery> {
  const target = [{ id: chat.id, senderId: chat.users[0].id, nextSeq: 1 }];
  const lanes = [promiseLane(() => raw.write(nextRows(target, 1)))];
  return (window) => measure({ ...window, lanes, pids: storage.pids });
}
