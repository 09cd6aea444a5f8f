import { expect } from 'chai';
import { Backlog, PING } from '../../../src/edge/backlog.js';
import { createRandom } from '../../helpers/random.js';

describe('Backlog', () => {
  it('gives frames back in order, whatever is added and taken when, and knows what they take on the wire', () => {
    const random = createRandom();
    const backlog = new Backlog();
    const expected: (Buffer | typeof PING)[] = [];
    const bytesOf = (frame: Buffer | typeof PING): number => {
      const payload = frame === PING ? 8 : frame.byteLength;
      return payload + (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);
    };
    for (let step = 0; step < 5_000; step += 1) {
      if (random.below(100) < 55) {
        const frame = random.below(10) === 0 ? PING : Buffer.alloc(random.of([0, 125, 126, 65_535, 65_536]));
        backlog.add(frame);
        expected.push(frame);
      } else {
        expect(backlog.take(), `seed ${random.seed}`).to.equal(expected.shift());
      }
      expect(backlog.isEmpty, `seed ${random.seed}`).to.equal(expected.length === 0);
      if (step % 100 === 0) expect(backlog.bytes).to.equal(expected.reduce((sum, frame) => sum + bytesOf(frame), 0));
    }
    while (expected.length > 0) expect(backlog.take()).to.equal(expected.shift());
    expect([backlog.take(), backlog.bytes, backlog.isEmpty]).to.deep.equal([undefined, 0, true]);
  });
});
