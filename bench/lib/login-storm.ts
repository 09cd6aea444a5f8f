import { LoadConnection, requestBytes } from './http-connection.js';
import { openLoop } from './open-loop.js';
import { PASSWORD, type BenchUser } from './population.js';
import type { Endpoint } from './web-socket.js';

/** What became of the logins that arrived. */
export interface Logins {
  readonly arrived: number;
  /** Answers by status. */
  readonly answered: ReadonlyMap<number, number>;
}

/**
 * Logins at random moments, whatever becomes of those before: each takes a connection that is free, or a new one.
 * Resolves when all of them are answered, refused ones too.
 */
export async function loginStorm(
  endpoint: Endpoint,
  users: readonly BenchUser[],
  { perSecond, ms }: { readonly perSecond: number; readonly ms: number },
): Promise<Logins> {
  const requests = users.map(({ username }) => {
    const json = JSON.stringify({ username, password: PASSWORD });
    return requestBytes(endpoint, { method: 'POST', path: '/api/v1/users/login', json });
  });
  const answered = new Map<number, number>();
  const free: LoadConnection[] = [];
  const all: LoadConnection[] = [];
  const underWay: Promise<void>[] = [];
  let next = 0;

  async function login(): Promise<void> {
    const bytes = requests[(next += 1) % requests.length];
    if (bytes === undefined) throw new Error('nobody to log in');
    const connection = free.pop() ?? (await LoadConnection.open(endpoint));
    if (!all.includes(connection)) all.push(connection);
    const status = await connection.statusOf(bytes);
    answered.set(status, (answered.get(status) ?? 0) + 1);
    free.push(connection);
  }

  try {
    const { calls } = await openLoop({ perSecond, ms, fire: () => underWay.push(login()) });
    await Promise.all(underWay);
    return { arrived: calls, answered };
  } finally {
    for (const connection of all) connection.close();
  }
}
