import { expect } from 'chai';
import { aroundWithin, prefixWithin, suffixWithin } from '../../../src/stores/sql/messages/history/within-bytes.js';

describe('within so many bytes', () => {
  it('takes the first or the last items that fit, at least one', () => {
    expect(prefixWithin([3, 3, 3, 3], 9)).to.deep.equal({ start: 0, end: 3 });
    expect(prefixWithin([30, 3], 9)).to.deep.equal({ start: 0, end: 1 });
    expect(prefixWithin([3, 30, 3], 9)).to.deep.equal({ start: 0, end: 1 });
    expect(prefixWithin([], 9)).to.deep.equal({ start: 0, end: 0 });
    expect(suffixWithin([3, 3, 3, 3], 9)).to.deep.equal({ start: 1, end: 4 });
    expect(suffixWithin([3, 30], 9)).to.deep.equal({ start: 1, end: 2 });
    expect(suffixWithin([], 9)).to.deep.equal({ start: 0, end: 0 });
  });

  it('grows from the centre to both sides, and on one where the other is full or at its end', () => {
    expect(aroundWithin([3, 3, 3, 3, 3], 2, 9)).to.deep.equal({ start: 1, end: 4 });
    expect(aroundWithin([3, 30, 3, 3, 3], 2, 9)).to.deep.equal({ start: 2, end: 5 });
    expect(aroundWithin([3, 3, 3], 0, 9)).to.deep.equal({ start: 0, end: 3 });
    expect(aroundWithin([3, 3, 3], 2, 6)).to.deep.equal({ start: 1, end: 3 });
    expect(aroundWithin([3, 30, 3], 1, 9)).to.deep.equal({ start: 1, end: 2 });
    expect(aroundWithin([], -1, 9)).to.deep.equal({ start: 0, end: 0 });
  });
});
