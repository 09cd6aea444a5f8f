import { expect } from 'chai';
import { v7 } from 'uuid';
import { lowestIdFrom, mintedAt } from '../../src/domain/body-id.js';
import type { Body, BodyStore, ListedBody } from '../../src/ports/body-store.js';

export type OpenBodyStore = () => Promise<{ readonly bodies: BodyStore; close(): Promise<void> }>;

/** What ports/body-store.ts promises of a walk over all bodies. */
export function bodyWalkSuite(open: OpenBodyStore): void {
  describe('body walk', () => {
    let stores: Awaited<ReturnType<OpenBodyStore>>;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const hexOf = (id: Uint8Array): string => Buffer.from(id).toString('hex');

    function body(msecs: number, chatId = 5): Body {
      const id = v7({ msecs }, new Uint8Array(16));
      const messageId = v7({ msecs }, new Uint8Array(16));
      return { id, messageId, chatId, senderId: 7, content: 'x', timestamp: new Date(msecs) };
    }

    async function walkAll(limit: number, from: Uint8Array | null = null): Promise<readonly ListedBody[]> {
      const seen: ListedBody[] = [];
      for (let cursor = from; ;) {
        const { bodies, malformed, next } = await stores.bodies.walk(cursor, limit);
        expect(bodies.length).to.be.at.most(limit);
        expect(malformed).to.equal(0);
        seen.push(...bodies);
        if (next === null) return seen;
        cursor = next;
      }
    }

    it('ends at once where there is nothing', async () => {
      expect(await stores.bodies.walk(null, 10)).to.deep.equal({ bodies: [], malformed: 0, next: null });
    });

    it('names every body once, in the order of ids, whatever the size of a step', async () => {
      const written = Array.from({ length: 23 }, (_, at) => body(1_700_000_000_000 + ((at * 7) % 23), 2 ** 40 + at));
      await stores.bodies.insert(written);
      const expected = written
        .map(({ id, messageId, chatId }) => [hexOf(id), hexOf(messageId), chatId])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      for (const limit of [1, 7, 23, 24, 1_000]) {
        const seen = await walkAll(limit);
        expect(seen.map(({ id, messageId, chatId }) => [hexOf(id), hexOf(messageId), chatId])).to.deep.equal(expected);
      }
    });

    it('begins strictly after an id, and at a time', async () => {
      const written = [1_000, 2_000, 3_000].map((msecs) => body(msecs));
      await stores.bodies.insert(written);
      const [first] = await walkAll(1);
      expect((await walkAll(2, first?.id)).map(({ id }) => mintedAt(id))).to.deep.equal([2_000, 3_000]);
      for (const [time, expected] of [
        [0, [1_000, 2_000, 3_000]],
        [2_000, [2_000, 3_000]],
        [2_001, [3_000]],
        [3_001, []],
      ] as const) {
        expect((await walkAll(2, lowestIdFrom(time))).map(({ id }) => mintedAt(id))).to.deep.equal(expected);
      }
    });

    it('goes on behind what was removed meanwhile', async () => {
      const written = [1_000, 2_000, 3_000].map((msecs) => body(msecs));
      await stores.bodies.insert(written);
      const { next } = await stores.bodies.walk(null, 1);
      await stores.bodies.delete(written.slice(0, 2).map(({ id }) => id));
      expect((await walkAll(5, next)).map(({ id }) => mintedAt(id))).to.deep.equal([3_000]);
    });
  });
}
