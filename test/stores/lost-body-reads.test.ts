import { expect } from 'chai';
import { createMongoClient } from '../../src/stores/mongo/client.js';
import { createMongoBodyStore } from '../../src/stores/mongo/body-store.js';
import type { BodyStore } from '../../src/ports/body-store.js';
import { FaultProxy } from '../faults/proxy/proxy.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** Reads of bodies whose answers are lost between Parley and MongoDB. Part of the services leg. */
function lostBodyReadsSuite(): void {
  describe('reads of bodies from MongoDB', () => {
    let stores: TestStores;
    let proxy: FaultProxy;
    let bodies: BodyStore;
    const id = new Uint8Array(16).fill(9);
    const hex = Buffer.from(id).toString('hex');

    before(async () => {
      stores = await openTestStores();
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      const { url, database } = stores.storage.mongodb;
      const { hostname, port } = new URL(url);
      proxy = await FaultProxy.start({ host: hostname, port: Number(port) }, 'mongodb');
      const client = createMongoClient(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`);
      bodies = createMongoBodyStore(client, database);
      await stores.bodies.insert([
        { id, messageId: id, chatId: 1, senderId: 1, content: 'as sent', timestamp: new Date() },
      ]);
    });
    afterEach(() => proxy.heal());
    after(async () => {
      await bodies.close();
      await proxy.stop();
      await stores.close();
    });

    const loseReplies = (times: number) =>
      proxy.when(({ direction, command }) => direction === 'reply' && command === 'find', { kind: 'cut' }, times);

    it('are made again when one answer is lost', async () => {
      const lost = loseReplies(1);
      expect((await bodies.find([id])).get(hex)).to.deep.equal({ content: 'as sent', intact: true });
      expect(lost.hits).to.equal(1);
    });

    it('are given up when answers stay away, and work again after', async () => {
      const lost = loseReplies(Infinity);
      const failure: unknown = await bodies.find([id]).catch((error: unknown) => error);
      expect(failure).to.include({ code: 'unavailable' });
      expect(lost.hits).to.be.above(1);
      proxy.heal();
      expect((await bodies.find([id])).get(hex)).to.deep.equal({ content: 'as sent', intact: true });
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') lostBodyReadsSuite();
