import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestClient, TestUser } from '../../helpers/client.js';
import { connect } from '../../helpers/ws-client.js';

/** Milliseconds. */
export interface Measured {
  readonly me: number;
  readonly send: number;
  readonly silence: number;
  readonly reconnect: number;
}

const PATIENCE_MS = 120_000;

/**
 * What somebody else notices for `ms`: p99 of `GET /users/me` and of sends, the longest answer of /health/live, and the
 * longest time in which a socket that missed one message was brought up to date.
 */
export async function measure(
  client: TestClient,
  wsUrl: string,
  { ada, ben, chatId }: { readonly ada: TestUser; readonly ben: TestUser; readonly chatId: number },
  ms: number,
): Promise<Measured> {
  const until = performance.now() + ms;
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string, token?: string): Promise<void> => once(agent, `${client.url}${path}`, token);
  const socket = await connect(`${wsUrl}/${chatId}?token=${ada.token}`);
  await socket.sync();
  let rev = 0;
  const send = async (): Promise<void> => {
    socket.send({ type: 'message', content: 'as ever' });
    rev = Number((await socket.next((frame) => frame['type'] === 'ack', PATIENCE_MS))['rev']);
  };
  await send();
  const reconnect = async (): Promise<void> => {
    const back = await connect(`${wsUrl}/${chatId}?token=${ben.token}&since_rev=${rev - 1}`);
    await back.nextOf('ready', PATIENCE_MS);
    await back.close();
  };
  const [me, sends, live, reconnects] = await Promise.all([
    times(until, 10, () => ask('/api/v1/users/me', ada.token)),
    times(until, 20, send),
    times(until, 10, () => ask('/health/live')),
    times(until, 200, reconnect),
  ]);
  await socket.close();
  agent.destroy();
  return { me: p99(me), send: p99(sends), silence: Math.max(...live), reconnect: Math.max(...reconnects) };
}

/** Asks without a pause of its own for as long as `isOver` says; answers the longest answer of /health/live. */
export async function silenceUntil(client: TestClient, isOver: () => boolean): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  let longest = 0;
  while (!isOver()) {
    const began = performance.now();
    await once(agent, `${client.url}/health/live`);
    longest = Math.max(longest, performance.now() - began);
    await sleep(5);
  }
  agent.destroy();
  return longest;
}

async function times(until: number, pauseMs: number, act: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  while (performance.now() < until) {
    const began = performance.now();
    await act();
    took.push(performance.now() - began);
    await sleep(pauseMs);
  }
  return took;
}

function once(agent: Agent, url: string, token?: string): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode ?? 0}`));
      else response.once('end', () => resolve());
    }).once('error', reject);
  });
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? sorted.at(-1) ?? NaN;
}
