import type { Random } from '../../helpers/random.js';
import type { TestClient, TestUser } from '../../helpers/client.js';
import type { Operation } from '../history/entries.js';
import type { History, Outcome } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { SocketClient } from '../history/socket-client.js';

/** From an acknowledged removal to the end of the socket; also of one that the server learns of by its next heartbeat. */
const CLOSED_MS = 30_000;
/** For the first frame; there is none while a database is down, or nobody sends any more. */
const HEARD_MS = 1_000;

export interface VisitsOptions {
  readonly history: History;
  readonly server: () => TestClient;
  readonly chat: number;
  /** Lets the guest in and out. */
  readonly admin: TestUser;
  readonly guest: TestUser;
  readonly random: Random;
  /** The sockets of those who stay. */
  readonly sockets: () => readonly SocketClient[];
  /** Another one each time: contents are unique in a run. */
  readonly nextKey: () => string;
  /** Waits a moment before something is asked again; rejects when nothing is to go on. */
  readonly again: () => Promise<void>;
}

/**
 * A guest who is let into the chat of a load, listens, goes or is put out while others send, and tries to read on; again
 * and again. What the guest is shown is written down like all else, for the checker to judge who may see what.
 */
export class Visits {
  /** Visits that are over. */
  count = 0;
  readonly #admin: RestClient;
  readonly #guest: RestClient;
  readonly #open = new Set<SocketClient>();

  constructor(private readonly options: VisitsOptions) {
    const { history, server, admin, guest } = options;
    this.#admin = new RestClient(history, admin, server, `host-${admin.id}`);
    this.#guest = new RestClient(history, guest, server, `guest-${guest.id}`);
  }

  /** One visit at least, each of them to its end. */
  async run(isStopping: () => boolean): Promise<void> {
    do {
      await this.#visit();
      this.count += 1;
      await this.options.again();
    } while (!isStopping());
  }

  terminate(): void {
    for (const socket of this.#open) socket.terminate();
  }

  async #visit(): Promise<void> {
    const { chat, guest, random, nextKey } = this.options;
    await this.#asked(() => this.#admin.add(chat, [guest.id]));
    await this.#known();
    const socket = await this.#opened();
    const heard = socket.frames.length;
    // A server that is killed meanwhile ends it; the visit goes on without.
    await socket.until(() => socket.isClosed || socket.frames.length > heard, HEARD_MS).catch(() => undefined);
    const key = nextKey();
    const sent = socket.send(`said ${key}`, key);
    const isPutOut = random.below(2) === 0;
    await this.#asked(
      () => (isPutOut ? this.#admin.remove(chat, guest.id) : this.#guest.leave(chat)),
      isPutOut ? 'participant_not_found' : 'chat_not_found',
    );
    const { rev, epoch } = socket;
    await Promise.all([sent, this.#guest.list(chat), this.#refused(rev ?? 0, epoch)]);
    await socket
      .until(() => socket.isClosed, CLOSED_MS)
      .catch(() => {
        throw new Error(`${CLOSED_MS} ms after the guest had gone the socket was still open`);
      });
    this.#open.delete(socket);
  }

  async #opened(): Promise<SocketClient> {
    const socket = this.#socket({});
    await socket.live().catch(() => undefined);
    return socket;
  }

  /** Asks to read on; what an open connection would be told is judged with all else. */
  async #refused(since: number, epoch: string | null): Promise<void> {
    const socket = this.#socket({ since, ...(epoch === null ? {} : { epoch }) });
    await socket.live().catch(() => undefined);
    socket.terminate();
    await socket.closed;
    this.#open.delete(socket);
  }

  #socket(from: { readonly since?: number; readonly epoch?: string }): SocketClient {
    const { history, server, chat, guest } = this.options;
    const socket = new SocketClient(history, guest, { url: server().url.replace('http', 'ws'), chat, ...from });
    this.#open.add(socket);
    return socket;
  }

  /** From which rev on the guest is in is judged by what others are shown, so one of them has to have seen it. */
  async #known(): Promise<void> {
    const { server, admin, chat, sockets, again } = this.options;
    const read = () =>
      server()
        .as(admin)
        .get<{ rev: number }>(`/chats/${chat}`)
        .catch(() => null);
    let answer = await read();
    while (answer?.status !== 200) {
      await again();
      answer = await read();
    }
    const { rev } = answer.body;
    while (!sockets().some((socket) => (socket.rev ?? 0) >= rev)) await again();
  }

  async #asked<O extends Operation>(ask: () => Promise<Outcome<O>>, doneAlready?: string): Promise<void> {
    for (;;) {
      const outcome = await ask();
      if (outcome.phase === 'ok' || outcome.code === doneAlready) return;
      await this.options.again();
    }
  }
}
