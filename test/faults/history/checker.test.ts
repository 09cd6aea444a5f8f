import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BAD_MEMBERS } from './bad-members.js';
import { BAD_STORES } from './bad-stores.js';
import { BAD_VIEWS } from './bad-views.js';
import { assertHistory, check, INVARIANTS } from './checker.js';
import { dumpOf, sent } from './fixtures.js';
import { GOOD } from './good-histories.js';

const BAD = [...BAD_STORES, ...BAD_VIEWS, ...BAD_MEMBERS];

describe('the history checker', () => {
  it('judges what docs/GUARANTEES.md promises, word for word', () => {
    const page = readFileSync('docs/GUARANTEES.md', 'utf8');
    const promised = [...page.matchAll(/^\| (I\d+) +\| (.*?) +\|$/gm)].map(([, name, text]) => [name, text]);
    expect(promised).to.deep.equal(Object.entries(INVARIANTS));
  });

  for (const { name, breaks, also, script: lines, dump, extra } of BAD) {
    it(`finds ${name} (${breaks})`, () => {
      const violations = check(lines.entries, dump, extra);
      const expected = also === undefined ? [breaks] : [breaks, also];
      expect(new Set(violations.map(({ invariant }) => invariant))).to.deep.equal(new Set(expected));
      expect(violations.every(({ explanation }) => explanation.length > 20)).to.equal(true);
    });
  }

  for (const { name, script: lines, dump } of GOOD) {
    it(`accepts ${name}`, () => {
      expect(check(lines.entries, dump)).to.deep.equal([]);
    });
  }

  it('knows a bad history of every invariant', () => {
    const numbers = Array.from({ length: 13 }, (_, index) => `I${index + 1}`);
    expect([...new Set(BAD.map(({ breaks }) => breaks))].sort()).to.deep.equal(numbers.sort());
  });

  it('names each violation in the error of a test, and no secret', () => {
    expect(() => assertHistory(sent(3).entries, dumpOf(2))).to.throw(/1 violations?.*\nI1: c1: message 103 \(seq 3\)/s);
    const leak = () => assertHistory([], dumpOf(0), { logs: ['hunter2'], secrets: ['hunter2'] });
    expect(leak).to.throw(/^(?!.*hunter2).*I12/s);
  });
});
