import { expect } from 'chai';
import fc from 'fast-check';
import { gramsOf, gramsToAsk } from '../../../src/domain/search-grams.js';

describe('search grams', () => {
  const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\u00e9', '\u65e5', '\u{1f600}', '%', '\t') });

  it('are stored, so they stay what they are', () => {
    const known: readonly (readonly [string, number])[] = [
      ['an', 891_029_497],
      ['ann', 1_829_104_733],
      ['\u00e91', 3_571_513_815],
      ['\u{1f600}\u{1f601}', 4_029_919_410],
      ['\u65e5\u672c\u8a9e', 2_927_557_453],
    ];
    for (const [piece, gram] of known) expect(gramsToAsk(piece), piece).to.deep.equal([gram]);
  });

  it('of a text include all that a part of it asks for', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), fc.nat(), (text, one, other) => {
        const points = Array.from(text);
        const [from, to] = [one % (points.length + 1), other % (points.length + 1)].sort((a, b) => a - b);
        expect(gramsOf(text)).to.include.members([...gramsToAsk(points.slice(from, to).join(''))]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are asked for by everything that has two code points, the fewest that say as much', () => {
    expect(gramsToAsk('a')).to.deep.equal([]);
    expect(gramsToAsk('\u{1f600}')).to.deep.equal([]);
    expect(gramsToAsk('ab')).to.have.length(1);
    expect(gramsToAsk('a ')).to.have.length(1);
    expect(gramsToAsk('abcd')).to.deep.equal([...gramsToAsk('abc'), ...gramsToAsk('bcd')].sort((a, b) => a - b));
    expect(gramsToAsk('john s')).to.have.length(4);
    expect(gramsToAsk('%'.repeat(64))).to.have.length(1);
  });

  it('take a run of white space for one space', () => {
    expect(gramsOf('a \t\u3000b')).to.deep.equal(gramsOf('a b'));
    expect(gramsToAsk('  ')).to.deep.equal([]);
  });

  it('come from no more of a text than is asked for', () => {
    expect(gramsOf('abcdef', 3)).to.deep.equal(gramsOf('abc'));
    expect(gramsOf('\u{1f600}\u{1f601}\u{1f602}', 2)).to.deep.equal(gramsOf('\u{1f600}\u{1f601}'));
  });

  it('spread: a hundred thousand pairs of ideographs meet no more often than chance has them', () => {
    const seen = new Set<number>();
    for (let first = 0; first < 400; first += 1) {
      for (let second = 0; second < 250; second += 1) {
        seen.add(gramsToAsk(String.fromCodePoint(0x4e00 + first, 0x4e00 + second))[0] ?? -1);
      }
    }
    // By chance 100,000 of 2^32 make one pair of equals, give or take one.
    expect(seen.size).to.be.above(100_000 - 10);
  });
});
