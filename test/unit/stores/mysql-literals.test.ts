import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { withLiterals } from '../../../src/stores/sql/dialects/mysql/literals.js';
import type { SqlValue } from '../../../src/stores/sql/database.js';

const hex = (value: string | Uint8Array): string => Buffer.from(value).toString('hex');

describe('values written into a packet', () => {
  const TEXTS = ['', 'text', "it's", 'back\\slash', 'new\nline', '"; DROP TABLE users; --', '?', 'é 漢 😀', '\0\u001a'];
  const BYTES = [new Uint8Array(0), new Uint8Array([0, 39, 92, 255]), randomBytes(32), randomBytes(64).subarray(7, 23)];
  const written = (value: SqlValue): string => withLiterals({ text: '?', values: [value] });

  it('are words of SQL for numbers, truth, moments and nothing', () => {
    for (const value of [0, -1, 9_007_199_254_740_991, 1.5]) expect(written(value)).to.equal(String(value));
    expect([true, false, null].map(written)).to.deep.equal(['true', 'false', 'NULL']);
    expect(written(new Date('2026-11-21T10:11:12.345Z'))).to.equal("'2026-11-21 10:11:12.345'");
    expect(written(new Date('9999-12-31T23:59:59.999Z'))).to.equal("'9999-12-31 23:59:59.999'");
  });

  it('are digits for texts and bytes, which no character set reads as anything else', () => {
    for (const text of TEXTS) expect(written(text)).to.equal(`_utf8mb4 X'${hex(text)}'`);
    for (const bytes of BYTES) expect(written(bytes)).to.equal(`X'${hex(bytes)}'`);
  });

  it('hold nothing that a character set or a sql_mode could read in two ways', () => {
    // The bytes before which an escaping backslash becomes part of a character: the ends of 嘿, ぁ, 表 and the like.
    for (const lead of ['嘿', 'ぁ', '表', '縗', '\u{10ffff}']) {
      const text = `${lead}', hashed_password='stolen" \\ -- `;
      expect(written(text)).to.match(/^_utf8mb4 X'[0-9a-f]*'$/);
      expect(written(Buffer.from(text))).to.match(/^X'[0-9a-f]*'$/);
    }
  });

  it('keep their order, and a value that holds a placeholder stays a value', () => {
    const text = 'INSERT INTO t (a, b) VALUES (?, ?), (?, ?)';
    expect(withLiterals({ text, values: [1, '?', 3, "'?'"] })).to.equal(
      "INSERT INTO t (a, b) VALUES (1, _utf8mb4 X'3f'), (3, _utf8mb4 X'273f27')",
    );
  });

  it('are refused where there are more or fewer than places, and where SQL has no word for them', () => {
    expect(() => withLiterals({ text: 'SELECT ?', values: [] })).to.throw(TypeError, /one value for each/);
    expect(() => withLiterals({ text: 'SELECT ?', values: [1, 2] })).to.throw(TypeError, /one value for each/);
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => withLiterals({ text: 'SELECT ?', values: [value] })).to.throw(TypeError, /not a number of SQL/);
    }
  });
});
