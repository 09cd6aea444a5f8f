import { expect } from 'chai';
import { v7 } from 'uuid';
import type { Body, BodyStore } from '../../src/ports/body-store.js';
import { LIMITS } from '../../src/protocol/limits.js';

export type OpenBodyStore = () => Promise<{ readonly bodies: BodyStore; close(): Promise<void> }>;

/** What ports/body-store.ts promises of the bodies, whichever store keeps them. */
export function bodyStoreSuite(open: OpenBodyStore): void {
  describe('body store', () => {
    let bodies: BodyStore;
    let close: () => Promise<void>;

    before(async () => {
      const stores = await open();
      bodies = stores.bodies;
      close = () => stores.close();
    });
    after(() => close());

    function body(content: string): Body {
      const id = v7({}, new Uint8Array(16));
      return { id, messageId: id, chatId: 2 ** 40 + 1, senderId: 7, content, timestamp: new Date() };
    }

    function hex(id: Uint8Array): string {
      return Buffer.from(id).toString('hex');
    }

    async function contentsOf(list: readonly Body[]): Promise<(string | undefined)[]> {
      const found = await bodies.find(list.map(({ id }) => id));
      return list.map(({ id }) => found.get(hex(id))?.content);
    }

    const texts: Readonly<Record<string, string>> = {
      'plain text': 'Hello',
      'quotes and SQL': `'; DROP TABLE bodies; -- "\\' ? :a $1 @x`,
      'operators of MongoDB': '{"$gt": ""}',
      'white space at both ends': ' \t a \r\n ',
      'several scripts': 'Привет, мир! 你好 \u0639\u0631\u0628\u064a हिन्दी',
      'emoji with joiners': '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
      'controls and separators': '\u0001\u001f\u0085\u2028\u2029\u202e\ufeff',
      'a combining bomb': `a${'\u0301'.repeat(2_000)}`,
      'the longest content of astral characters': '\u{10ffff}'.repeat(LIMITS.messageLength),
    };
    for (const [title, content] of Object.entries(texts)) {
      it(`keeps ${title} byte for byte`, async () => {
        const one = body(content);
        expect(await bodies.insert([one])).to.deep.equal([]);
        expect(Array.from(await bodies.find([one.id]))).to.deep.equal([[hex(one.id), { content, intact: true }]]);
      });
    }

    it('stores many in one call', async () => {
      const many = Array.from({ length: 300 }, (_, at) => body(`body ${at}`));
      expect(await bodies.insert(many)).to.deep.equal([]);
      expect(await contentsOf(many)).to.deep.equal(many.map(({ content }) => content));
    });

    it('stores and reads more than the server takes in one command', async () => {
      const long = '\u{10ffff}'.repeat(LIMITS.messageLength);
      const many = Array.from({ length: 430 }, () => body(long));
      expect(await bodies.insert(many)).to.deep.equal([]);
      const contents = await contentsOf(many);
      expect(contents.every((content) => content === long)).to.equal(true);
      await bodies.delete(many.map((each) => each.id));
    }).timeout(20_000);

    it('tells how many bytes a content has in UTF-8, and leaves out what is not there', async () => {
      const list = Object.values(texts).map((content) => body(content));
      await bodies.insert(list);
      const sizes = await bodies.sizes([...list.map(({ id }) => id), body('elsewhere').id]);
      expect(sizes.size).to.equal(list.length);
      for (const { id, content } of list) {
        expect(sizes.get(hex(id)), content.slice(0, 20)).to.equal(Buffer.byteLength(content, 'utf8'));
      }
    });

    it('tells the sizes of thousands in one call', async () => {
      const many = Array.from({ length: 3_000 }, (_, at) => body('\u00e4'.repeat(at % 50)));
      await bodies.insert(many);
      const sizes = await bodies.sizes(many.map(({ id }) => id));
      expect(many.map(({ id }) => sizes.get(hex(id)))).to.deep.equal(many.map((_, at) => 2 * (at % 50)));
    });

    it('does nothing for empty lists', async () => {
      expect(await bodies.insert([])).to.deep.equal([]);
      expect((await bodies.find([])).size).to.equal(0);
      expect((await bodies.sizes([])).size).to.equal(0);
      await bodies.delete([]);
    });

    it('leaves out what is not there', async () => {
      const one = body('here');
      await bodies.insert([one]);
      const found = await bodies.find([body('elsewhere').id, one.id]);
      expect(Array.from(found.keys())).to.deep.equal([hex(one.id)]);
    });

    it('names the items that failed alone, stores the others, and never overwrites', async () => {
      const first = body('first');
      await bodies.insert([first]);
      const batch = [body('a'), { ...first, content: 'overwritten' }, body('b')];
      expect(await bodies.insert(batch)).to.deep.equal([1]);
      expect(await contentsOf([...batch.slice(0, 1), first, ...batch.slice(2)])).to.deep.equal(['a', 'first', 'b']);
    });

    it('deletes what is named, and only that, as often as it is asked', async () => {
      const [gone, stays] = [body('gone'), body('stays')];
      await bodies.insert([gone, stays]);
      await bodies.delete([gone.id, body('unknown').id]);
      await bodies.delete([gone.id]);
      expect(await contentsOf([gone, stays])).to.deep.equal([undefined, 'stays']);
    });

    it('serves inserts, reads and deletes that run at once', async () => {
      const lists = Array.from({ length: 20 }, (_, list) => [body(`${list}a`), body(`${list}b`)]);
      await Promise.all(
        lists.map(async (list) => {
          await bodies.insert(list);
          expect(await contentsOf(list)).to.deep.equal(list.map(({ content }) => content));
          await bodies.delete(list.map(({ id }) => id));
          expect(await contentsOf(list)).to.deep.equal([undefined, undefined]);
        }),
      );
    });

    it('answers a ping', () => bodies.ping());
  });
}
