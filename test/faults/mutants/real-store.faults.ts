import { expect } from 'chai';
import { createMemoryBroker } from '../../../src/brokers/memory.js';
import { freshStorage, startTestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { check, INVARIANTS, type Violation } from '../history/checker.js';
import { done, dumpScene, setFaultScene, socketOf } from '../proxy/scene.js';
import { Faults } from '../scene.js';
import { REAL_VARIANTS, variantStores, type Parts, type RealVariant } from './real-store.js';

const TRANSPORTS = ['REST', 'a socket'] as const;

/** The checker against mistakes on the real databases: what it misses there it would miss in every other fault test. */
describe('wrong variants of the write path over real stores', function () {
  this.timeout(60_000);

  /** A whole server for one day; on a bad one a send is repeated and the COMMIT of another is lost. */
  async function day(
    variant: RealVariant,
    transport: (typeof TRANSPORTS)[number],
    isBad: boolean,
  ): Promise<readonly Violation[]> {
    const storage = await freshStorage();
    const parts: Parts = { broker: createMemoryBroker(), faults: new Faults(), isLosing: false, isWasting: false };
    try {
      const app = await startTestApp({
        storage,
        broker: parts.broker,
        storeHooks: parts.faults.hooks(),
        wrapStores: (stores) => variantStores(stores, variant, parts),
      });
      try {
        await variant.prepare?.(app.stores.sql);
        const running = { app, client: new TestClient(app.url), storage };
        const scene = await setFaultScene(running);
        const { history, ada, bob, chat } = scene;
        const [socket, watcher] = [socketOf(running, scene, ada), socketOf(running, scene, bob)];
        await Promise.all([socket.live(), watcher.live()]);
        const send = (content: string, key: string) =>
          transport === 'REST' ? ada.send(chat, content, key) : socket.send(content, key);
        const { message, rev } = done(await send('said once', 'once'));
        // Not the first one's, which may come late where its answer came early.
        await watcher.until(() =>
          watcher.frames.some((frame) => frame['type'] === 'new_message' && frame['rev'] === rev),
        );
        if (isBad) {
          const again = done(await send('said once', 'once'));
          expect(again.message === message).to.equal(variant.breaks !== 'I3');
          parts.isWasting = true;
          done(await send('said later', 'later'));
          parts.isWasting = false;
          parts.isLosing = true;
          const lost = await send('lost', 'lost');
          expect(lost.phase).to.equal(variant.breaks === 'I1' ? 'ok' : 'fail');
          parts.isLosing = false;
        }
        // What was published before the answer comes before this pong.
        await watcher.live();
        await Promise.all([socket.close(), watcher.close()]);
        return check(history.entries, await dumpScene(running, scene));
      } finally {
        await app.stop();
      }
    } finally {
      await storage.remove();
    }
  }

  for (const variant of REAL_VARIANTS) {
    const { name, breaks } = variant;
    for (const transport of TRANSPORTS) {
      it(`finds nothing wrong with ${name} on a good day, over ${transport}`, async () => {
        expect(await day(variant, transport, false)).to.deep.equal([]);
      });

      const verdict = breaks === null ? 'finds nothing wrong with' : 'catches';
      const why = breaks === null ? '' : ` (${breaks}: ${INVARIANTS[breaks]})`;
      it(`${verdict} ${name} on a bad day, over ${transport}${why}`, async () => {
        const found = new Set((await day(variant, transport, true)).map(({ invariant }) => invariant));
        if (breaks === null) expect([...found]).to.deep.equal([]);
        else expect([...found]).to.include(breaks);
      });
    }
  }
});
