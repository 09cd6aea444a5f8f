import type { Delivery } from '../lib/delivery.js';
import { deliverDirectly } from '../lib/direct-delivery.js';
import { latencyFigure, plainFigure, type Figure } from '../lib/figure.js';
import { loginStorm, type Logins } from '../lib/login-storm.js';
import { startParley } from '../lib/parley.js';
import { openDirectChats, registerUsers } from '../lib/population.js';
import { interleave } from '../lib/rounds.js';
import type { Bench } from '../lib/scenario.js';
import { summarize } from '../lib/stats.js';
import type { DataSet } from '../lib/storage.js';

const CHATS = 100;
const MESSAGES_PER_SECOND = 500;
const LOGINS_PER_SECOND = 50;
/** The default. Fifty of these a second are ten cores' work: most have to wait or be refused, and acks must not. */
const COST = 12;
const ACCOUNTS = 32;

type Stormy = Delivery & { readonly logins?: Logins };

/** What senders notice of logins that arrive faster than they can be hashed. */
export async function acksUnderLogins(bench: Bench, data: DataSet): Promise<Figure[]> {
  const chats = await populate(data);
  const server = await startParley(data, { bcryptCost: COST, inspect: bench.profiling });
  try {
    const users = await registerUsers(server.endpoint, 'stormy', ACCOUNTS);
    const options = { server, chats, perSecond: MESSAGES_PER_SECOND, name: 's7-under-logins' };
    const samples = await interleave<'quiet' | 'storm', Stormy>(bench.effort, {
      quiet: (window) => deliverDirectly(bench, window, options),
      storm: async (window) => {
        const ms = window.warmMs + window.ms;
        const storm = loginStorm(server.endpoint, users, { perSecond: LOGINS_PER_SECOND, ms });
        const [delivery, logins] = await Promise.all([deliverDirectly(bench, window, options), storm]);
        return { ...delivery, logins };
      },
    });
    return figures(bench, samples);
  } finally {
    await server.stop();
  }
}

/** Senders get cheap hashes: it is not their logins that are measured. */
async function populate(data: DataSet): Promise<Awaited<ReturnType<typeof openDirectChats>>> {
  const server = await startParley(data);
  try {
    return await openDirectChats(server.endpoint, await registerUsers(server.endpoint, 'calm', 2 * CHATS));
  } finally {
    await server.stop();
  }
}

function figures({ storage }: Bench, samples: Readonly<Record<'quiet' | 'storm', readonly Stormy[]>>): Figure[] {
  const common = { scenario: 'S7', storage: storage.kind };
  const what = `${MESSAGES_PER_SECOND} msg/s while ${LOGINS_PER_SECOND} logins/s arrive`;
  return [
    plainFigure(
      {
        ...{ ...common, what: `slowest ack, ${what}`, unit: 'ms', goal: { atMost: 100, of: 'value' } },
        note: `bcrypt cost ${COST}; ${outcomes(samples.storm)}`,
      },
      samples.storm.map(({ slowestAck }) => slowestAck),
    ),
    latencyFigure({
      ...{ ...common, what: `delivery p99, ${what}`, quantile: 'p99' },
      samples: samples.storm,
      limit: { what: 'ms without logins', samples: samples.quiet },
    }),
  ];
}

function outcomes(samples: readonly Stormy[]): string {
  const share = (status: number): string => {
    const shares = samples.map(({ logins }) => (logins?.answered.get(status) ?? 0) / (logins?.arrived ?? 1));
    return `${(summarize(shares).median * 100).toFixed(0)} %`;
  };
  return `${share(200)} of the logins succeed, ${share(503)} are refused as overload`;
}
