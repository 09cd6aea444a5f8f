import { expect } from 'chai';
import type { TestUser } from '../../helpers/client.js';
import { settingsOf, TEST_ENVIRONMENT } from '../../helpers/app.js';
import { createRandom } from '../../helpers/random.js';
import { silentLogger } from '../../helpers/stores.js';
import { openStores, type StorageOptions } from '../../../src/stores/open-stores.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { figuresOf, type Held } from '../held.js';
import { assertHistory } from '../history/checker.js';
import { takeDump } from '../history/dump.js';
import type { Dump } from '../history/entries.js';
import { History } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import type { Figure } from '../history/rules/measured.js';
import { expectSound } from './audit.js';
import { FaultServer, type FaultServerOptions } from './fault-server.js';
import { Load } from './load.js';

const USERS = 3;

export interface LoadFigures {
  readonly messages: number;
  readonly confirmed: number;
  readonly refused: number;
  readonly unknown: number;
  /** How often a guest came and went. */
  readonly visits: number;
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
  #guest: TestUser | null = null;
  #chat = 0;
  /** What the first run held before the load. */
  #before: { readonly pid: number; readonly held: Held } | null = null;

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
    const [guest, admin, ...others] = await this.server.client.registerUsers(1 + USERS);
    if (guest === undefined || admin === undefined) throw new Error('no users');
    this.#guest = guest;
    this.#users = [admin, ...others];
    const creator = new RestClient(this.history, admin, () => this.server.client);
    const creation = await creator.create(
      `chat of ${admin.id}`,
      others.map(({ id }) => id),
    );
    if (creation.phase !== 'ok') throw new Error(`creating the chat answered ${creation.code}`);
    this.#chat = creation.chat;
    this.#before = { pid: this.server.pid, held: await this.server.held() };
    this.#load = new Load(this.history, () => this.server.client, this.#chat, [admin, ...others], guest, this.random);
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
    const figures = await this.#figures();
    const log = this.server.output();
    expect(await this.server.end('SIGTERM')).to.equal(0);
    const people = this.#guest === null ? this.#users : [...this.#users, this.#guest];
    const secrets = people.flatMap((user) => [user.token, user.password]);
    assertHistory(this.history.entries, await this.#dump(views), {
      logs: log.split('\n'),
      secrets: [...secrets, 'said k'],
      figures,
    });
    const { messages, orphans } = await expectSound(this.server.storage);
    expect(orphans).to.deep.equal([]);
    const { visits } = this.load;
    expect(visits).to.be.above(0);
    return { messages, ...this.load.counts, visits, lost: 0, doubled: 0, dangling: 0, orphans: 0 };
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
    await this.#load?.abandon();
  }

  /** Of a process that lived through all of it; what one held that has ended is gone with it. */
  async #figures(): Promise<readonly Figure[]> {
    if (this.#before?.pid !== this.server.pid) return [];
    return figuresOf(this.#before.held, () => this.server.held(), this.#storage());
  }

  #storage(): StorageOptions {
    return settingsOf({ ...TEST_ENVIRONMENT, ...this.server.storage }).storage;
  }

  async #dump(views: Dump['views']): Promise<Dump> {
    const storage = this.#storage();
    const stores = await openStores(storage, { clock: systemClock, logger: silentLogger });
    try {
      return await takeDump({ stores, storage, views, erased: true, sweepAgeMs: 0 });
    } finally {
      await stores.close();
    }
  }
}
