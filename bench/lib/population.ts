import type { Endpoint } from './web-socket.js';

export const PASSWORD = 'correct horse battery';

export interface BenchUser {
  readonly id: number;
  readonly username: string;
  readonly token: string;
}

/** A direct chat and its two users. */
export interface BenchChat {
  readonly id: number;
  readonly users: readonly [BenchUser, BenchUser];
}

/** How many set-up requests are under way at once: enough to keep a server busy, few enough for any queue. */
const CONCURRENCY = 16;

/** Registers users through the API; `prefix` keeps the names of several populations apart. */
export function registerUsers(endpoint: Endpoint, prefix: string, count: number): Promise<BenchUser[]> {
  return inParallel(count, async (index) => {
    const username = `${prefix}${index}`;
    const body = { username, email: `${username}@example.com`, password: PASSWORD };
    const answer = await post(endpoint, '/api/v1/users/register', body);
    return { id: numberOf(answer, 'id'), username, token: String(answer['access_token']) };
  });
}

/** Opens a direct chat between every two neighbours of the list. */
export function openDirectChats(endpoint: Endpoint, users: readonly BenchUser[]): Promise<BenchChat[]> {
  return inParallel(Math.floor(users.length / 2), async (index) => {
    const [first, second] = users.slice(index * 2, index * 2 + 2);
    if (first === undefined || second === undefined) throw new Error('a chat needs two users');
    const body = { chat_type: 'direct', participant_ids: [second.id] };
    const answer = await post(endpoint, '/api/v1/chats/', body, first.token);
    return { id: numberOf(answer, 'id'), users: [first, second] };
  });
}

/** A group of all the users, made by the first; answers its id. */
export async function openGroupChat(endpoint: Endpoint, users: readonly BenchUser[]): Promise<number> {
  const [first, ...others] = users;
  const body = { chat_type: 'group', name: 'everybody', participant_ids: others.map(({ id }) => id) };
  return numberOf(await post(endpoint, '/api/v1/chats/', body, first?.token), 'id');
}

type Answer = Readonly<Record<string, unknown>>;

async function post({ host, port }: Endpoint, path: string, body: object, token?: string): Promise<Answer> {
  const response = await fetch(`http://${host}:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

function numberOf(answer: Answer, key: string): number {
  const value = answer[key];
  if (typeof value !== 'number') throw new Error(`the answer has no number ${key}`);
  return value;
}

/** Runs `task` for 0..count-1 with a bounded number at once; results in order. */
export async function inParallel<T>(count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results = new Array<T>(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, worker));
  return results;
}
