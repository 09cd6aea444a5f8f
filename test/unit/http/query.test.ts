import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { parseQuery } from '../../../src/http/query.js';
import { historyQuery } from '../../../src/http/schemas/pages.js';
import { searchQuery } from '../../../src/http/schemas/users.js';

/** Paths and codes of the problems, or the value. */
function outcome(raw: string): unknown {
  const result = parseQuery(historyQuery, raw);
  return result.ok ? result.value : result.problems.map(({ path, code }) => `${path}:${code}`);
}

describe('parseQuery', () => {
  it('reads integers in their one spelling', () => {
    expect(outcome('page=2&limit=100')).to.deep.equal({ page: 2, limit: 100 });
    expect(outcome('')).to.deep.equal({});
    expect(outcome('&&limit=1&')).to.deep.equal({ limit: 1 });
    expect(outcome('after_seq=0')).to.deep.equal({ after_seq: 0 });
  });

  const wrong = [
    '05',
    '1.0',
    '1e1',
    '+1',
    ' 1',
    '1 ',
    '0x1',
    '',
    'NaN',
    'Infinity',
    'null',
    '１',
    '1,2',
    '99999999999999999',
  ];
  for (const text of wrong) {
    it(`refuses limit=${JSON.stringify(text)}`, () => {
      expect(outcome(`limit=${encodeURIComponent(text)}`)).to.deep.equal(['limit:wrong_type']);
    });
  }

  for (const text of ['0', '-1', '101', '9007199254740993']) {
    it(`refuses limit=${text} as out of range`, () => {
      expect(outcome(`limit=${text}`)).to.satisfy((problems: string[]) =>
        /^limit:(out_of_range|not_an_integer)$/.test(problems.join()),
      );
    });
  }

  it('refuses repeats, brackets and unknown keys', () => {
    expect(outcome('limit=5&limit=5')).to.deep.equal([':repeated']);
    expect(outcome('limit[]=5')).to.deep.equal([':unknown_key']);
    expect(outcome('a[$ne]=1&offset=3')).to.deep.equal(['offset:unknown_key']);
    expect(outcome('__proto__=1')).to.deep.equal(['__proto__:unknown_key']);
    expect(outcome('toString=1')).to.deep.equal(['toString:unknown_key']);
  });

  it('takes one position only', () => {
    expect(outcome('before_seq=5&after_seq=1')).to.deep.equal([':one_position']);
    expect(outcome('page=1&around_seq=1')).to.deep.equal([':one_position']);
  });

  it('decodes text strictly', () => {
    const read = (raw: string) => parseQuery(searchQuery, raw);
    expect(read('q=a%2Bb+c%25')).to.deep.equal({ ok: true, value: { q: 'a+b c%' } });
    for (const raw of ['q=%', 'q=%zz', 'q=%ff', 'q=%ed%a0%80', '%c3=1']) {
      expect(() => read(raw), raw)
        .to.throw(AppError)
        .with.property('code', 'bad_request');
    }
  });
});
