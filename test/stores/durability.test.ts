import { expect } from 'chai';
import type { Session, SqlDatabase } from '../../src/stores/sql/database.js';
import { durabilityWarnings } from '../../src/stores/sql/durability.js';

describe('warnings about how MySQL is set up', () => {
  /** A database whose only answer is the variable that was asked for. */
  function answering(flushed: unknown): SqlDatabase {
    const session: Pick<Session, 'query'> = {
      query: (text) => Promise.resolve(text.includes('@@innodb_flush_log_at_trx_commit') ? [{ flushed }] : []),
    };
    const sql: Pick<SqlDatabase, 'read'> = { read: (fn) => fn(session as Session) };
    return sql as SqlDatabase;
  }

  for (const value of [0, 2, '2', undefined]) {
    it(`warn of innodb_flush_log_at_trx_commit = ${String(value)}`, async () => {
      const warnings = await durabilityWarnings(answering(value));
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.include('innodb_flush_log_at_trx_commit').and.include('can lose acknowledged messages');
    });
  }

  it('are silent when every commit is flushed', async () => {
    expect(await durabilityWarnings(answering(1))).to.deep.equal([]);
    expect(await durabilityWarnings(answering('1'))).to.deep.equal([]);
  });
});
