import { expect } from 'chai';
import fc from 'fast-check';
import { RevCursor } from '../../../src/ws/hub/rev-cursor.js';
import { sent } from './fakes.js';

describe('RevCursor', () => {
  it('lets events through in order of rev, whatever the order of arrival', () => {
    const order = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(order, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), (revs, startAt, at) => {
        const cursor = new RevCursor();
        const out: number[] = [];
        revs.forEach((rev, index) => {
          if (index === at) out.push(...cursor.start(startAt).map((event) => event.rev));
          out.push(...cursor.accept(sent(rev)).map((event) => event.rev));
        });
        if (at >= revs.length) out.push(...cursor.start(startAt).map((event) => event.rev));
        const wanted = Array.from({ length: 30 - startAt }, (_, index) => startAt + 1 + index);
        expect(out).to.deep.equal(wanted);
        expect(cursor.isBehind).to.equal(false);
      }),
      { verbose: true },
    );
  });

  it('drops repeats, also of events that still wait', () => {
    const cursor = new RevCursor();
    cursor.start(5);
    expect(cursor.accept(sent(5))).to.have.length(0);
    expect(cursor.accept(sent(8))).to.have.length(0);
    expect(cursor.accept(sent(8))).to.have.length(0);
    expect(cursor.accept(sent(6)).map((event) => event.rev)).to.deep.equal([6]);
    expect(cursor.accept(sent(7)).map((event) => event.rev)).to.deep.equal([7, 8]);
    expect(cursor.accept(sent(7))).to.have.length(0);
  });

  it('knows that it is behind a rev it was told of', () => {
    const cursor = new RevCursor();
    cursor.expect(3);
    expect(cursor.isBehind).to.equal(false);
    cursor.start(2);
    expect(cursor.isBehind).to.equal(true);
    cursor.accept(sent(3));
    expect(cursor.isBehind).to.equal(false);
  });
});
