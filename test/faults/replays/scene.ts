import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../../../src/stores/open-stores.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { stored } from '../../conformance/chat-store.fixtures.js';
import { freshStorage, settingsOf, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import type { TestUser } from '../../helpers/client.js';
import { silentLogger } from '../../helpers/stores.js';
import { runProcess, type Run } from '../../integration/process/run.js';
import { FaultServer } from '../crash/fault-server.js';
import type { PeersOrder } from './orders.js';

/** As many as one resume replays at most. */
const MESSAGES = 1_000;
const BATCH = 100;
const MEMBERS = 75;

/** A server with chats that are expensive to read on, and people who come back to others. */
export interface ReplayScene {
  readonly server: FaultServer;
  /** `ws://…/api/v1/ws` of the present run. */
  readonly wsUrl: () => string;
  readonly hog: TestUser;
  readonly ada: TestUser;
  readonly ben: TestUser;
  /** 40 MB of bodies: more than is replayed. */
  readonly heavy: number;
  /** Just what is replayed. */
  readonly full: number;
  /** Of ada and ben, with a short history. */
  readonly quiet: number;
  /** Who comes back to which chat, of a thousand messages. */
  readonly crowd: readonly { readonly user: TestUser; readonly chatId: number }[];
  /** Sockets in another process. */
  peers(order: PeersOrder): Run;
  dispose(): Promise<void>;
}

export async function setReplayScene(crowdSize: number): Promise<ReplayScene> {
  const storage = await freshStorage();
  const server = new FaultServer({
    storage,
    env: { RESUME_MAX_ITEMS: String(MESSAGES), UNAUTHENTICATED_SOCKETS: '4000' },
  });
  const work = mkdtempSync(join(tmpdir(), 'parley-replays-'));
  let orders = 0;
  const runs: Run[] = [];
  try {
    const client = await server.start();
    const [hog, ada, ben] = (await client.registerUsers(3)) as [TestUser, TestUser, TestUser];
    const users = await client.registerUsers(crowdSize);
    const crowd: { readonly user: TestUser; readonly chatId: number }[] = [];
    for (let from = 0; from < users.length; from += MEMBERS) {
      const members = users.slice(from, from + MEMBERS);
      const { id: chatId } = await client.createGroup(ada, members);
      crowd.push(...members.map((user) => ({ user, chatId })));
    }
    const chats = {
      heavy: (await client.createGroup(hog, [ada])).id,
      full: (await client.createGroup(hog, [ada])).id,
      quiet: (await client.openDirect(ada, ben)).id,
    };
    await server.end('SIGTERM');
    await fill(storage, hog, chats.heavy, '\u{1F600}'.repeat(10_000));
    await fill(storage, hog, chats.full, 'x'.repeat(7_900));
    await fill(storage, ada, chats.quiet, 'hello');
    for (const chatId of new Set(crowd.map((each) => each.chatId))) {
      await fill(storage, ada, chatId, 'hello, all of you who come back '.repeat(4));
    }
    await server.start();
    return {
      server,
      wsUrl: () => `${server.client.url.replace('http', 'ws')}/api/v1/ws`,
      ...{ hog, ada, ben, crowd, ...chats },
      peers(order) {
        orders += 1;
        const file = join(work, `order-${orders}.json`);
        writeFileSync(file, JSON.stringify(order));
        const run = runProcess(
          { file: 'test/faults/replays/peers.ts', args: [file] },
          process.cwd(),
          {},
          { ipc: true },
        );
        runs.push(run);
        return run;
      },
      async dispose() {
        for (const run of runs) await run.dispose();
        await server.dispose();
        rmSync(work, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** While no server has the data open. */
async function fill(storage: FreshStorage, sender: TestUser, chatId: number, content: string): Promise<void> {
  const settings = settingsOf({ ...TEST_ENVIRONMENT, ...storage.env });
  const stores = await openStores(settings.storage, { clock: systemClock, logger: silentLogger });
  try {
    for (let count = 0; count < MESSAGES; count += BATCH) {
      const from = { chatId, senderId: sender.id, senderUsername: sender.username, clientMessageId: null };
      const drafts = Array.from({ length: BATCH }, () => ({ ...from, content, messageType: 'text' as const }));
      (await stores.messages.append(drafts)).forEach((outcome) => stored(outcome));
    }
  } finally {
    await stores.close();
  }
}
