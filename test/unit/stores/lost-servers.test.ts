import { expect } from 'chai';
import { describeDriverError } from '../../../src/stores/sql/errors.js';
import { isLostServer, LOST_SERVER_ERRORS } from '../../../src/stores/sql/dialects/mysql/lost-servers.js';
import type { ServerSession } from '../../../src/stores/sql/dialects/mysql/setup.js';
import { ServerWatch } from '../../../src/stores/sql/dialects/mysql/server-watch.js';

/** As mysql2 throws what the server answers. */
function answered(errno: number, code = 'ER_WHATEVER', sqlState = 'HY000'): Error {
  return Object.assign(new Error('with a value in it'), { errno, code, sqlState });
}

describe('errors that say that a connection leads to the wrong or a failing server', () => {
  it('are told by their number, whatever else the driver says', () => {
    for (const errno of Object.keys(LOST_SERVER_ERRORS)) {
      expect(isLostServer(describeDriverError(answered(Number(errno)), 'write')), errno).to.equal(true);
    }
    for (const errno of [1053, 1290, 1792, 1836, 1927, 3032, 3100])
      expect(LOST_SERVER_ERRORS).to.have.property(`${errno}`);
  });

  it('are each named and explained', () => {
    for (const [errno, meaning] of Object.entries(LOST_SERVER_ERRORS)) {
      expect(meaning, errno).to.match(/^ER_[A-Z_]+( \((MySQL|MariaDB)\))?: \S.{10,}/);
    }
  });

  it('are none that are about a statement, its values or its locks', () => {
    // Deadlock, lock wait, changed record, conflict of nodes, interrupted, duplicate, too long, wrong SQL, foreign key.
    for (const errno of [1213, 1205, 1020, 3101, 1317, 1062, 1406, 1064, 1452, 1461, 1615, 3572, 3024]) {
      expect(isLostServer(describeDriverError(answered(errno), 'write')), String(errno)).to.equal(false);
    }
  });

  it('are none that a client makes up, nor names of what every object has', () => {
    expect(
      isLostServer(describeDriverError(Object.assign(new Error(), { code: 'ECONNRESET', errno: -104 }), 'read')),
    ).to.equal(false);
    expect(
      isLostServer(describeDriverError(Object.assign(new Error(), { code: 'PROTOCOL_CONNECTION_LOST' }), 'read')),
    ).to.equal(false);
  });
});

describe('the watch over where pooled connections lead', () => {
  const server = (name: string, isReadOnly = false): ServerSession => ({
    increment: 1,
    thread: 7,
    server: name,
    isReadOnly,
  });
  const at = (session: ServerSession, since: number, askedAt = since) => ({ session, since, askedAt });

  it('lets connections be while all lead to one server that works', () => {
    const watch = new ServerWatch();
    for (let turn = 0; turn < 3; turn += 1) watch.opened(server('a'));
    expect(watch.judge(at(server('a'), 0), 1_000_000)).to.equal('use');
  });

  it('drops the connections of before an error that says that their server is lost, idle ones too', () => {
    const watch = new ServerWatch();
    watch.opened(server('a'));
    watch.lost(server('a'), 10_000);
    expect(watch.judge(at(server('a'), 0), 10_001)).to.equal('drop');
    expect(watch.judge(at(server('b'), 0), 10_001)).to.equal('ask');
  });

  it('asks those that were made since then whether it takes writes again, at most once a second', () => {
    const watch = new ServerWatch();
    watch.lost(server('a'), 10_000);
    const later = server('a');
    expect(watch.judge(at(later, 10_500), 10_600)).to.equal('use');
    expect(watch.judge(at(later, 10_500), 11_600)).to.equal('ask');
    expect(watch.judge(at(later, 10_500, 11_600), 12_000)).to.equal('use');
    expect(watch.judge(at(later, 10_500, 11_600), 12_700)).to.equal('ask');
  });

  it('does not storm a server that stays lost: no connection is replaced within its first second', () => {
    const watch = new ServerWatch();
    watch.lost(server('a'), 10_900);
    expect(watch.judge(at(server('a'), 10_000), 10_950)).to.equal('use');
    expect(watch.judge(at(server('a'), 10_000), 11_050)).to.equal('drop');
  });

  it('asks the others when a new connection leads elsewhere, though nobody wrote to the old server', () => {
    const watch = new ServerWatch();
    watch.opened(server('a'));
    expect(watch.judge(at(server('a'), 0), 5_000)).to.equal('use');
    watch.opened(server('b'));
    expect(watch.judge(at(server('a'), 0), 5_000)).to.equal('ask');
    expect(watch.judge(at(server('b'), 4_999), 5_000)).to.equal('use');
  });

  it('does not take a read-only server for the one that the address leads to', () => {
    const watch = new ServerWatch();
    watch.opened(server('a'));
    watch.opened(server('replica', true));
    expect(watch.judge(at(server('a'), 0), 5_000)).to.equal('use');
    expect(watch.judge(at(server('replica', true), 0), 5_000)).to.equal('ask');
  });

  it('forgets an error after a minute without another one', () => {
    const watch = new ServerWatch();
    watch.opened(server('a'));
    watch.lost(server('a'), 0);
    expect(watch.judge(at(server('a'), 1), 59_000)).to.equal('ask');
    expect(watch.judge(at(server('a'), 1), 61_000)).to.equal('use');
  });
});
