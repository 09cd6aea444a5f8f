import { expect } from 'chai';
import fc from 'fast-check';
import {
  contentField,
  idField,
  idListField,
  integerField,
  objectOf,
  textField,
  validate,
} from '../../../src/protocol/fields.js';
import { clientMessageIdField, flagField } from '../../../src/protocol/fields.js';

const schema = objectOf({
  id: idField(),
  content: contentField(),
  ids: idListField(3).optional(),
  flag: flagField().optional(),
  note: textField().nullable(),
  client_message_id: clientMessageIdField(),
  count: integerField(0, 10),
});

/** `path:code` of every problem. */
function problemsOf(value: unknown): string[] {
  const result = validate(schema, value);
  return result.ok ? [] : result.problems.map(({ path, code }) => `${path}:${code}`);
}

const good = { id: 1, content: 'hello' };

describe('validate', () => {
  it('returns the very value it was given', () => {
    const value = { ...good, ids: [1, 2], flag: false, note: null, client_message_id: 'x', count: 10 };
    expect(validate(schema, value)).to.deep.equal({ ok: true, value });
  });

  it('reports every problem at once', () => {
    expect(problemsOf({ id: 0, content: 5, ids: [1, 1, 'x', -1].slice(1), count: 11, extra: 1 })).to.have.members([
      'id:out_of_range',
      'content:wrong_type',
      'ids[1]:not_an_integer',
      'ids[2]:out_of_range',
      'count:out_of_range',
      'extra:unknown_key',
    ]);
  });

  for (const value of [null, undefined, 5, 'x', true, [], [good]]) {
    it(`refuses ${typeof value} ${JSON.stringify(value)} as a whole`, () => {
      expect(problemsOf(value)).to.have.length(1);
      expect(problemsOf(value)[0]).to.match(/^:(wrong_type|required)$/);
    });
  }

  it('coerces nothing', () => {
    for (const id of [
      '1',
      1.5,
      Infinity,
      -0,
      NaN,
      Number.MAX_SAFE_INTEGER + 1,
      true,
      [1],
      { valueOf: 1 },
      new Date(1),
      '2020-01-01',
    ]) {
      expect(problemsOf({ ...good, id })).to.have.length(1);
    }
  });

  for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']) {
    it(`refuses an own key ${key} at every level and does not trip over it`, () => {
      const bare = JSON.parse(`{"${key}":1}`) as unknown;
      const flat = JSON.parse(`{"id":1,"content":"x","${key}":{"polluted":true}}`) as unknown;
      const deep = JSON.parse(`{"id":1,"content":"x","note":[{"y":{"${key}":1}}]}`) as unknown;
      expect(problemsOf(bare)).to.deep.equal([`${key}:unknown_key`]);
      expect(problemsOf(flat)).to.deep.equal([`${key}:unknown_key`]);
      expect(problemsOf(deep)).to.deep.equal([`note[].y.${key}:unknown_key`]);
      expect({}).not.to.have.property('polluted');
    });
  }

  it('never repeats a value, nor a key that does not look like a field', () => {
    const canary = 'c4n4ry-Hunter2';
    const value = { id: canary, content: { [canary]: canary }, ids: [canary], flag: canary, [canary]: canary, note: 7 };
    const text = JSON.stringify(validate(schema, value));
    expect(text).not.to.contain(canary);
    expect(text).to.contain('unknown_key');
  });

  it('lists at most fifty problems', () => {
    const names = Array.from(
      Array(500).keys(),
      (i) => `x_${i.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'.charAt(Number(digit)))}`,
    );
    const many = Object.fromEntries(names.map((name) => [name, 1]));
    expect(problemsOf({ ...good, ...many })).to.have.length(50);
  });

  it('refuses a long list before it looks at the entries', () => {
    expect(problemsOf({ ...good, ids: Array(80_000).fill('x') })).to.deep.equal(['ids:too_long']);
  });

  it('survives any value', () => {
    fc.assert(
      fc.property(
        fc.object({ key: fc.constantFrom('id', 'content', 'ids', 'note', '__proto__', 'toJSON') }),
        (value) => {
          const result = validate(schema, value);
          if (!result.ok) expect(result.problems).not.to.be.empty;
        },
      ),
    );
  });
});

describe('contentField', () => {
  const verdict = (content: string): string => problemsOf({ ...good, content }).join() || 'ok';

  for (const [name, unit] of Object.entries({ ASCII: 'a', CJK: '漢', astral: '😀', mark: 'e\u0301'.slice(1) })) {
    it(`takes 10,000 code points of ${name} and not one more`, () => {
      const base = name === 'mark' ? 'e' : unit;
      expect(verdict(base + unit.repeat(9_999))).to.equal('ok');
      expect(verdict(base + unit.repeat(10_000))).to.equal('content:too_long');
    });
  }

  const blank = [
    '',
    ' ',
    '\n\t ',
    '\u200b\u200b',
    '\u200b \u2060',
    '\ufeff',
    '\u3164',
    '\u2800',
    '\u00ad',
    '\u202e',
    '\u0000',
    '\u0007',
  ];
  for (const content of blank) {
    it(`refuses ${JSON.stringify(content)} that nobody can see`, () => {
      expect(verdict(content)).to.match(/^content:(blank|too_short|nul)/);
    });
  }

  for (const content of ['a\u202eb', 'a\u2028b', 'a\u0007b', '\u0085a', ' a ', '👩\u200d👩\u200d👧', 'a\r\nb', '.']) {
    it(`takes ${JSON.stringify(content)} as it is`, () => {
      expect(verdict(content)).to.equal('ok');
    });
  }

  it('refuses NUL and unpaired surrogates', () => {
    expect(verdict('a\0b')).to.equal('content:nul');
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', 'x\ud83d'])
      expect(verdict(text)).to.equal('content:ill_formed');
    expect(verdict('\ud83d\ude00')).to.equal('ok');
  });
});
