import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { App } from '../../src/app.js';
import { APPENDS_AT_ONCE } from '../../src/ports/message-log.js';
import type { StorageOptions } from '../../src/stores/open-stores.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import type { Figure } from './history/rules/measured.js';

/** What a process holds that grows where something is not given back. */
export interface Held {
  /** Live sockets of clients, as the server counts them. */
  readonly sockets: number;
  /** Open files and connections, those to databases apart; 0 where the system does not tell. */
  readonly files: number;
  /** Connections to databases. */
  readonly pooled: number;
  /** Places in the pools of SQL connections that nobody gives back. */
  readonly places: number;
  readonly timers: number;
  /** Bytes in use after a collection. */
  readonly heap: number;
}

/** Connections of a test in the process of its server: those to the ports of `to`, and those accepted at the ports of `at`. */
export interface Beside {
  readonly to: readonly number[];
  readonly at: readonly number[];
}

/** A client's connection that is kept open for its next request, the run's own output: they come and go. */
const FILES = 6;
/** Pools and background work have some at one time and not at the other, up to four of them. */
const TIMERS = 8;
/** Compiled code, caches and, in one process with it, what the test wrote down: up to 6 MB in the short form. */
const HEAP_BYTES = 16 * 1_048_576;
/** The driver's own bound, and its two connections that watch the server. */
const MONGO_CONNECTIONS = 20 + 2;
/** What was kept open for a next request is closed after four seconds. */
const SETTLE_MS = 10_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many connections to the SQL server there may be: the pool's, and those for batches. */
export function sqlPlaces(storage: StorageOptions): number {
  return storage.kind === 'split' ? storage.mysql.poolSize + BATCHES : 0;
}

const BATCHES = APPENDS_AT_ONCE.firstLane + APPENDS_AT_ONCE.secondLane;

/** Takes every place of the pools once, so that what is open is the same each time that it is looked at. */
export async function heldBy(
  app: Pick<App, 'services' | 'stores'>,
  storage: StorageOptions,
  beside: Beside = { to: [], at: [] },
): Promise<Held> {
  const places = sqlPlaces(storage) - (await freePlaces(app.stores.sql, storage));
  collect();
  return {
    ...openFiles(portsOf(storage), beside),
    sockets: app.services.realtime.stats().totalConnections,
    places,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    heap: process.memoryUsage().heapUsed,
  };
}

/** For I11: looks until all is back where it was, or the time is over. */
export async function figuresOf(
  before: Held,
  look: () => Promise<Held>,
  storage: StorageOptions,
): Promise<readonly Figure[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const figures = compared(before, await look(), storage);
    const isBack = figures.every((figure) => figure.after <= figure.before + figure.slack);
    if (isBack || performance.now() > deadline) return figures;
    await pause(100);
  }
}

function compared(before: Held, after: Held, storage: StorageOptions): readonly Figure[] {
  const connections = storage.kind === 'split' ? sqlPlaces(storage) + MONGO_CONNECTIONS : 0;
  const slack: Held = {
    sockets: 0,
    files: FILES,
    // Pools grow with what is asked at once, and no further.
    pooled: Math.max(0, connections - before.pooled),
    places: 0,
    timers: TIMERS,
    heap: HEAP_BYTES,
  };
  return (Object.keys(slack) as (keyof Held)[]).map((name) => ({
    name,
    before: before[name],
    after: after[name],
    slack: slack[name],
  }));
}

function portsOf(storage: StorageOptions): readonly number[] {
  return storage.kind === 'split' ? [storage.mysql.port, Number(new URL(storage.mongodb.url).port)] : [];
}

async function freePlaces(sql: SqlDatabase, storage: StorageOptions): Promise<number> {
  if (storage.kind === 'embedded') return 0;
  const reads = await atOnce(storage.mysql.poolSize, (stay) => sql.read(stay));
  const batches = await atOnce(BATCHES, (stay) =>
    sql.batch(
      [{ text: 'SELECT 1', values: [] }],
      async () => {
        await stay();
        return { statements: [], result: () => null };
      },
      { isPatient: true },
    ),
  );
  return reads + batches;
}

/** How many of so many were inside at one time. Who does not get in within the pool's own time ends the wait for all. */
async function atOnce(wanted: number, enter: (stay: () => Promise<void>) => Promise<unknown>): Promise<number> {
  let inside = 0;
  let most = 0;
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stay = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    if (inside === wanted) end();
    await over;
    inside -= 1;
  };
  await Promise.all(Array.from({ length: wanted }, () => enter(stay).catch(() => end())));
  return most;
}

function openFiles(databases: readonly number[], beside: Beside): Pick<Held, 'files' | 'pooled'> {
  if (process.platform !== 'linux') return { files: 0, pooled: 0 };
  const sockets = socketsOfMachine();
  let [files, pooled] = [0, 0];
  for (const file of readdirSync('/proc/self/fd')) {
    const ends = sockets.get(targetOf(file));
    if (ends === undefined) files += 1;
    else if (databases.includes(ends.remote)) pooled += 1;
    else if (!beside.to.includes(ends.remote) && !beside.at.includes(ends.local)) files += 1;
  }
  return { files, pooled };
}

function targetOf(file: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${file}`);
  } catch {
    return ''; // the one that the folder itself was read with
  }
}

/** By the name that /proc/self/fd gives them; proc(5) says where the ports (hexadecimal) and the inode are. */
function socketsOfMachine(): ReadonlyMap<string, { readonly local: number; readonly remote: number }> {
  const sockets = new Map<string, { readonly local: number; readonly remote: number }>();
  const port = (address = ''): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      sockets.set(`socket:[${columns[9]}]`, { local: port(columns[1]), remote: port(columns[2]) });
    }
  }
  return sockets;
}
