import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { format } from 'mysql2';
import { bind } from '../../../src/stores/sql/dialects/mysql-session.js';
import { withLiterals } from '../../../src/stores/sql/dialects/mysql-literals.js';
import type { SqlValue } from '../../../src/stores/sql/database.js';

describe('values written into a packet', () => {
  const VALUES: readonly SqlValue[] = [
    ...[0, -1, 9_007_199_254_740_991, 1.5, true, false, null],
    ...['', 'text', "it's", 'back\\slash', 'new\nline', '"; DROP TABLE users; --', '?', 'é 漢 😀', '\0\u001a'],
    ...[new Date(0), new Date('2026-11-21T10:11:12.345Z'), new Date('9999-12-31T23:59:59.999Z')],
    ...[new Uint8Array(0), new Uint8Array([0, 39, 92, 255]), randomBytes(32), randomBytes(64).subarray(7, 23)],
  ];

  it('stand there as the driver would write them', () => {
    for (const value of VALUES) {
      const written = withLiterals({ text: 'SELECT ? AS value', values: [value] });
      const byDriver = format('SELECT ? AS value', [bind(value)], false, 'Z');
      expect(written.toLowerCase()).to.equal(byDriver.toLowerCase());
    }
  });

  it('keep their order, and a value that holds a placeholder stays a value', () => {
    const text = 'INSERT INTO t (a, b) VALUES (?, ?), (?, ?)';
    expect(withLiterals({ text, values: [1, '?', 3, "'?'"] })).to.equal(
      "INSERT INTO t (a, b) VALUES (1, '?'), (3, '\\'?\\'')",
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
