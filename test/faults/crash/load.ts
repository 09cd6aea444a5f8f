import { setTimeout as pause } from 'node:timers/promises';
import type { TestClient, TestUser } from '../../helpers/client.js';
import { createRandom, type Random } from '../../helpers/random.js';
import type { Outcome, History } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { SocketClient } from '../history/socket-client.js';
import { Visits } from './visits.js';

/** Between two steps of one client: faults have to meet requests, not to saturate a machine. */
const PACE_MS = 10;
/** Before a client asks again that was refused or could not connect. */
const AGAIN_MS = 25;
/** Sends of one socket that are under way at once. */
const PIPELINED = 4;

/**
 * Clients that send, edit, delete and read one chat until they are stopped, over REST and over sockets that read on
 * from where they were. What is not confirmed is sent again under the same key until it is, all of it written down.
 * Beside them a guest comes and goes.
 */
export class Load {
  /** Sends that were confirmed so far, and refusals and lost answers of any kind. */
  readonly counts = { confirmed: 0, refused: 0, unknown: 0 };
  readonly sockets: SocketClient[] = [];
  readonly random: Random;
  #stopping = false;
  #isAbandoned = false;
  #runs: Promise<void>[] = [];
  #keys = 0;
  readonly #visits: Visits;

  constructor(
    private readonly history: History,
    private readonly server: () => TestClient,
    private readonly chat: number,
    private readonly users: readonly [TestUser, ...TestUser[]],
    guest: TestUser,
    random: Random = createRandom(),
  ) {
    this.random = random;
    this.#visits = new Visits({
      history,
      server,
      chat,
      admin: users[0],
      guest,
      random,
      sockets: () => this.sockets,
      nextKey: () => this.#nextKey(),
      again: () => this.#again(),
    });
  }

  /** How often the guest has come and gone. */
  get visits(): number {
    return this.#visits.count;
  }

  start(): void {
    this.#stopping = false;
    const visits = this.#visits.run(() => this.#stopping);
    // Until `stop` awaits it nobody does.
    visits.catch(() => undefined);
    this.#runs.push(visits);
    this.users.forEach((user, index) => {
      this.#runs.push(this.#overRest(new RestClient(this.history, user, this.server, `rest-${user.id}`)));
      this.#runs.push(this.#overSocket(user, index));
    });
  }

  /** Resolves when so many more sends are confirmed; rejects after the time. */
  async confirms(more: number, deadlineMs = 60_000): Promise<void> {
    await this.#until(() => this.counts.confirmed, more, deadlineMs, 'confirmed');
  }

  /** Resolves when so many more answers were refusals, or did not come. */
  async fails(more: number, deadlineMs = 60_000): Promise<void> {
    await this.#until(() => this.counts.refused + this.counts.unknown, more, deadlineMs, 'failed');
  }

  /** Resolves when every client is done and each of its sends confirmed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#runs);
    this.#runs = [];
  }

  /** Ends at once, whatever is unconfirmed: for a test that has failed. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#stopping = true;
    for (const socket of this.sockets) socket.terminate();
    this.#visits.terminate();
    await Promise.allSettled(this.#runs);
    this.#runs = [];
  }

  async #until(figure: () => number, more: number, deadlineMs: number, what: string): Promise<void> {
    const wanted = figure() + more;
    const deadline = performance.now() + deadlineMs;
    while (figure() < wanted) {
      if (performance.now() > deadline) throw new Error(`${figure()} of ${wanted} ${what} within ${deadlineMs} ms`);
      await pause(PACE_MS);
    }
  }

  async #overRest(client: RestClient): Promise<void> {
    const own: number[] = [];
    while (!this.#stopping) {
      const step = this.random.below(10);
      const [oldest] = own;
      if (step === 0 && oldest !== undefined) {
        this.#count(await client.edit(oldest, `edit ${this.#nextKey()}`));
      } else if (step === 1 && own.length > 5) {
        this.#count(await client.delete(own.shift() ?? 0));
      } else if (step === 2) {
        this.#count(await client.list(this.chat, 1 + this.random.below(own.at(-1) ?? 1)));
      } else {
        const sent = await this.#confirmed((content, key) => client.send(this.chat, content, key));
        own.push(sent.message);
      }
      await pause(PACE_MS);
    }
  }

  async #overSocket(user: TestUser, index: number): Promise<void> {
    let socket = await this.#connected(user, null);
    this.sockets[index] = socket;
    const send = async (content: string, key: string): Promise<Outcome<'send'>> => {
      if (socket.isClosed) {
        // All the pipelined ones come here; the first opens the socket for them.
        const open = this.sockets[index];
        socket = open !== undefined && !open.isClosed ? open : await this.#connected(user, socket);
        this.sockets[index] = socket;
      }
      return socket.send(content, key);
    };
    while (!this.#stopping) {
      await Promise.all(Array.from({ length: PIPELINED }, () => this.#confirmed(send)));
      await pause(PACE_MS);
    }
    if (socket.isClosed) this.sockets[index] = await this.#connected(user, socket);
  }

  /** A live socket that reads on from what the last one had. */
  async #connected(user: TestUser, last: SocketClient | null): Promise<SocketClient> {
    for (;;) {
      const url = this.server().url.replace('http', 'ws');
      const known = last?.rev == null ? {} : { since: last.rev, ...(last.epoch === null ? {} : { epoch: last.epoch }) };
      const socket = new SocketClient(this.history, user, { url, chat: this.chat, ...known });
      const isLive = await socket.live().then(
        () => true,
        () => false,
      );
      if (isLive) return socket;
      socket.terminate();
      await socket.closed;
      await this.#again();
    }
  }

  async #confirmed(
    send: (content: string, key: string) => Promise<Outcome<'send'>>,
  ): Promise<Extract<Outcome<'send'>, { phase: 'ok' }>> {
    const key = this.#nextKey();
    for (;;) {
      const outcome = await send(`said ${key}`, key);
      this.#count(outcome);
      if (outcome.phase === 'ok') {
        this.counts.confirmed += 1;
        return outcome;
      }
      await this.#again();
    }
  }

  async #again(): Promise<void> {
    if (this.#isAbandoned) throw new Error('the load was abandoned');
    await pause(AGAIN_MS);
  }

  #count({ phase }: Outcome<'send' | 'edit' | 'delete' | 'list'>): void {
    if (phase === 'fail') this.counts.refused += 1;
    if (phase === 'info') this.counts.unknown += 1;
  }

  #nextKey(): string {
    this.#keys += 1;
    return `k${this.#keys}`;
  }
}
