import { expect } from 'chai';
import fc from 'fast-check';
import { encodeInPieces } from '../../../src/http/encode-in-pieces.js';
import type { ReadShare } from '../../../src/ports/read-share.js';

function counting(): { share: Pick<ReadShare, 'step'>; steps: () => number } {
  let steps = 0;
  const step: ReadShare['step'] = (task) => {
    steps += 1;
    return task();
  };
  return { share: { step }, steps: () => steps };
}

describe('encoding in pieces', function () {
  this.timeout(60_000);

  it('gives the bytes of JSON.stringify, whatever it is given', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.anything()), fc.array(fc.anything())),
        async (value) => {
          const plain = JSON.parse(JSON.stringify(value)) as object;
          for (const given of [plain, { items: [plain, undefined, new Date(0)], left: undefined, at: new Date(0) }]) {
            const bytes = await encodeInPieces(given, counting().share);
            expect(bytes.toString('utf8')).to.equal(JSON.stringify(given));
          }
        },
      ),
      { numRuns: 50 },
    ));

  it('makes a large answer in many steps, each of about 256 KiB', async () => {
    const items = Array.from({ length: 100 }, (_, id) => ({ id, content: '\u{10ffff}'.repeat(10_000) }));
    const chats = Object.fromEntries(items.map((item) => [item.id, { changes: [item], has_more: true }]));
    for (const answer of [
      { items, total: 100 },
      { epoch: 'e', chats },
    ]) {
      const { share, steps } = counting();
      const bytes = await encodeInPieces(answer, share);
      expect(bytes.toString('utf8')).to.equal(JSON.stringify(answer));
      expect(steps()).to.be.within(8, 10);
    }
  });
});
