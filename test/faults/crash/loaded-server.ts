import { expect } from 'chai';
import type { TestUser } from '../../helpers/client.js';
import { settingsOf, TEST_ENVIRONMENT } from '../../helpers/app.js';
import { createRandom } from '../../helpers/random.js';
import { silentLogger } from '../../helpers/stores.js';
import { openStores } from '../../../src/stores/open-stores.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { assertHistory } from '../history/checker.js';
import { takeDump } from '../history/dump.js';
import type { Dump } from '../history/entries.js';
import { History } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { expectSound } from './audit.js';
import { FaultServer, type FaultServerOptions } from './fault-server.js';
import { Load } from './load.js';

const USERS = 3;

export interface LoadFigures {
  readonly messages: number;
  readonly confirmed: number;
  readonly refused: number;
  readonly unknown: number;
  readonly lost: 0;
  readonly doubled: 0;
  readonly dangling: 0;
  readonly orphans: 0;
}

/** A server process under load from clients that write down all they see, for a checker to judge in the end. */
export class LoadedServer {
  readonly server: FaultServer;
  readonly history = new History();
  readonly random = createRandom();
  #load: Load | null = null;
  #users: readonly TestUser[] = [];
  #chat = 0;

  constructor(options: FaultServerOptions = {}) {
    this.server = new FaultServer({ ...options, orphanAfterMs: 0 });
  }

  get load(): Load {
    if (this.#load === null) throw new Error('the load was not started');
    return this.#load;
  }

  /** Who sends, edits and reads; all are in the chat of the load. */
  get users(): readonly TestUser[] {
    return this.#users;
  }

  get user(): TestUser {
    const [user] = this.#users;
    if (user === undefined) throw new Error('the load was not started');
    return user;
  }

  async start(): Promise<Load> {
    await this.server.start();
    const users = await this.server.client.registerUsers(USERS);
    this.#users = users;
    this.#chat = (await this.server.client.createGroup(this.user, users.slice(1), `chat of ${this.user.id}`)).id;
    this.#load = new Load(this.history, () => this.server.client, this.#chat, users, this.random);
    this.#load.start();
    return this.#load;
  }

  /** Stops the load, lets every reader catch up, ends the server, and holds all that was seen against the stores. */
  async finish(): Promise<LoadFigures> {
    await this.load.stop();
    const { rev } = (await this.server.client.as(this.user).get<{ rev: number }>(`/chats/${this.#chat}`)).body;
    await Promise.all(this.load.sockets.map((socket) => socket.until(() => socket.rev === rev, 30_000)));
    this.history.quiet();
    await Promise.all(this.load.sockets.map((socket) => socket.close()));
    await this.server.order({ kind: 'erase' });
    await this.server.order({ kind: 'sweep' });
    const views = [];
    for (const user of this.#users) {
      const reader = new RestClient(this.history, user, () => this.server.client);
      views.push({ user: user.id, chat: this.#chat, items: await reader.view(this.#chat) });
    }
    const log = this.server.output();
    expect(await this.server.end('SIGTERM')).to.equal(0);
    const secrets = this.#users.flatMap((user) => [user.token, user.password]);
    assertHistory(this.history.entries, await this.#dump(views), {
      logs: log.split('\n'),
      secrets: [...secrets, 'said k'],
    });
    const { messages, orphans } = await expectSound(this.server.storage);
    expect(orphans).to.deep.equal([]);
    return { messages, ...this.load.counts, lost: 0, doubled: 0, dangling: 0, orphans: 0 };
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
    await this.#load?.abandon();
  }

  async #dump(views: Dump['views']): Promise<Dump> {
    const { storage } = settingsOf({ ...TEST_ENVIRONMENT, ...this.server.storage });
    const stores = await openStores(storage, { clock: systemClock, logger: silentLogger });
    try {
      return await takeDump({ stores, storage, views, erased: true, sweepAgeMs: 0 });
    } finally {
      await stores.close();
    }
  }
}
