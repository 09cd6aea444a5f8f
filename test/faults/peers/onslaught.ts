import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { freshStorage, TEST_ENVIRONMENT } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';
import type { Kind as Listener } from '../../edge/support/edge.js';
import { runProcess, type Run } from '../../integration/process/run.js';
import { PEER_KINDS, type PeerKind, type Scene } from './kinds.js';
import type { Look, Measured } from './measured.js';
import { Peer } from './peer.js';
import { Sending } from './sending.js';

export interface Onslaught {
  readonly listener: Listener;
  /** Connections of each kind. */
  readonly connections: number;
  /** And until every flood was ended once, where frames are limited. */
  readonly seconds: number;
  /** Those of the listener where none are named. */
  readonly kinds?: readonly PeerKind[];
  /** Settings over the ones for tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What an onslaught has cost; bytes where nothing else is said. */
export interface Cost {
  /** Of the process's memory, at its highest behind a collection. */
  readonly grown: number;
  /** The same at its highest whenever looked at, garbage and all. */
  readonly peak: number;
  /** Of one socket, and of all together, at their highest. */
  readonly queuedMax: number;
  readonly queuedTotal: number;
  /** Lines of the log while the peers were there, without those of somebody else's requests. */
  readonly logLines: number;
  /** How long those lines had, in seconds: a machine with neighbours takes longer than was asked. */
  readonly elapsed: number;
  /** Floods that the server has never ended, by kind: it should end all of them. */
  readonly endless: readonly string[];
  /** Connections that the server has ended, by kind. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly closes: Measured['closes'];
  /** Sockets that are left when the peers are gone. */
  readonly left: number;
  /** The slowest answer to somebody else's request, in milliseconds. */
  readonly slowestMs: number;
  /** Somebody else's requests that were answered, and that were not. */
  readonly sent: number;
  readonly failed: number;
}

const TOKENS = 6;
const HISTORY = 40;
const HISTORY_CONTENT = 'h'.repeat(9_000);
const BETWEEN_LOOKS_MS = 500;
const SETTLE_MS = 10_000;
/** Until all peers are there; and then until every flood was ended once. */
const PATIENCE_MS = 90_000;

/** Starts a server, lets peers of every kind loose on it at the same time, and answers what that has cost. */
export async function suffer(onslaught: Onslaught): Promise<Cost> {
  const { listener, env } = onslaught;
  const storage = await freshStorage();
  const run = runProcess(
    { file: 'test/faults/peers/server.ts' },
    storage.env['DATA_DIR'] ?? '.',
    // The rates that every server has, and not those that tests switch off.
    { ...TEST_ENVIRONMENT, FRAMES_PER_SECOND: '50', LOG_LEVEL: 'info', ...storage.env, LISTENER: listener, ...env },
    { ipc: true },
  );
  try {
    const { url } = await run.event((event) => typeof event['url'] === 'string');
    return await measure(onslaught, run, new TestClient(String(url)));
  } finally {
    await run.dispose();
    await storage.remove();
  }
}

async function measure(onslaught: Onslaught, run: Run, client: TestClient): Promise<Cost> {
  const { listener, connections, seconds } = onslaught;
  const kinds = onslaught.kinds ?? PEER_KINDS.filter((kind) => kind.listeners.includes(listener));
  const users = await client.registerUsers(TOKENS + 1);
  const scene = await prepare(client, users);
  const look = lookerOf(run);
  const rssNow = (): number => residentBytes(run.child.pid ?? 0);
  const sending = new Sending(client, users, scene.busyChatId);

  // The first messages, collections and answers of a process make it grow, whoever asks for them.
  await pause(1_500);
  const before = await look();
  const linesBefore = lineCount(run) - sending.sent;
  const began = performance.now();
  const peers: readonly Present[] = kinds.flatMap((kind) =>
    Array.from({ length: connections }, (_, index) => ({
      kind,
      peer: new Peer(kind, scene, scene.tokens[index % scene.tokens.length] ?? ''),
    })),
  );
  const highest = { rss: before.rss, raw: before.rss, max: 0, total: 0 };
  // Also while the server is too busy to answer.
  const watch = setInterval(() => (highest.raw = Math.max(highest.raw, rssNow())), BETWEEN_LOOKS_MS / 5);
  try {
    await all(peers, ({ peer }) => peer.isReady, 'got in');
    for (const { peer } of peers) peer.begin();
    const isLimited = onslaught.env?.['FRAMES_PER_SECOND'] !== '0';
    const floods = peers.filter(({ kind }) => isLimited && kind.isFlood === true);
    const [deadline, patience] = [performance.now() + seconds * 1_000, performance.now() + PATIENCE_MS];
    const endless = (): Present[] => floods.filter(({ peer }) => peer.dropped === 0);
    while (performance.now() < deadline || (endless().length > 0 && performance.now() < patience)) {
      await pause(BETWEEN_LOOKS_MS);
      const { rss, queuedBytes } = await look();
      highest.rss = Math.max(highest.rss, rss);
      highest.max = Math.max(highest.max, queuedBytes.max);
      highest.total = Math.max(highest.total, queuedBytes.total);
    }
    const logLines = lineCount(run) - sending.sent - linesBefore;
    const elapsed = (performance.now() - began) / 1_000;
    const [never, dropped] = [endless().map(({ kind }) => kind.name), droppedByKind(peers)];
    for (const { peer } of peers) peer.close();
    await sending.stop();
    const { totalConnections, closes } = await settled(look);
    return {
      grown: highest.rss - before.rss,
      peak: Math.max(highest.rss, highest.raw) - before.rss,
      queuedMax: highest.max,
      queuedTotal: highest.total,
      logLines,
      elapsed,
      endless: never,
      dropped,
      closes,
      left: totalConnections,
      slowestMs: sending.slowestMs,
      sent: sending.sent,
      failed: sending.failed,
    };
  } finally {
    clearInterval(watch);
    for (const { peer } of peers) peer.close();
    sending.abandon();
  }
}

interface Present {
  readonly kind: PeerKind;
  readonly peer: Peer;
}

async function all(peers: readonly Present[], fits: (one: Present) => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!peers.every(fits)) {
    if (performance.now() > deadline) throw new Error(`not all of the peers have ${what}`);
    await pause(50);
  }
}

function droppedByKind(peers: readonly Present[]): Record<string, number> {
  const dropped: Record<string, number> = {};
  for (const { kind, peer } of peers) dropped[kind.name] = (dropped[kind.name] ?? 0) + peer.dropped;
  return dropped;
}

/** A quiet group with some history, and a busy one. */
async function prepare(client: TestClient, users: readonly TestUser[]): Promise<Scene> {
  const [admin, ...others] = users;
  if (admin === undefined) throw new Error('no users');
  const [quiet, busy] = [await client.createGroup(admin, others), await client.createGroup(admin, others)];
  for (let count = 0; count < HISTORY; count += 1) await client.send(admin, quiet, HISTORY_CONTENT);
  return {
    port: Number(new URL(client.url).port),
    chatId: quiet.id,
    busyChatId: busy.id,
    tokens: others.map(({ token }) => token),
  };
}

function lookerOf({ child }: Run): () => Promise<Measured> {
  let looks = 0;
  const waiting = new Map<number, (measured: Measured) => void>();
  let ended: (error: Error) => void = () => undefined;
  const end = new Promise<never>((_, reject) => (ended = reject));
  end.catch(() => undefined);
  child.once('exit', (code, signal) => ended(new Error(`the server ended: ${String(code ?? signal)}`)));
  child.on('message', (measured: Measured) => {
    waiting.get(measured.id)?.(measured);
    waiting.delete(measured.id);
  });
  return () => {
    const question: Look = { id: (looks += 1) };
    const answer = new Promise<Measured>((resolve) => waiting.set(question.id, resolve));
    child.send(question);
    return Promise.race([answer, end]);
  };
}

/** Waits until the sockets of the peers are gone, or for a while. */
async function settled(look: () => Promise<Measured>): Promise<Measured> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const measured = await look();
    if (measured.totalConnections === 0 || performance.now() > deadline) return measured;
    await pause(100);
  }
}

function lineCount(run: Run): number {
  return run.output().split('\n').length;
}

/** Of a process of this machine, as proc(5) says. */
function residentBytes(pid: number): number {
  try {
    return 4_096 * Number(readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ')[1]);
  } catch {
    return 0; // it has ended, which the next look tells
  }
}
