import { expect } from 'chai';
import { openStores } from '../../src/stores/open-stores.js';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import type { SplitOptions } from '../../src/stores/store-set.js';
import { systemClock } from '../../src/telemetry/clock.js';
import type { Packet } from '../faults/proxy/framing.js';
import { FaultProxy } from '../faults/proxy/proxy.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const HEADER = 4;

/** The same command with another text, as something between us and the server may send it on. */
function saying(text: string): (packet: Packet) => Buffer {
  return ({ bytes }) => {
    // MySQL takes attributes in front of the text; these stay.
    const payload = Buffer.concat([bytes.subarray(HEADER, bytes.indexOf('SET')), Buffer.from(text)]);
    const header = Buffer.alloc(HEADER);
    header.writeUIntLE(payload.length, 0, 3);
    return Buffer.concat([header, payload]);
  };
}

const asks = (start: string) => (packet: Packet) => packet.direction === 'request' && packet.command.includes(start);

const CASES = [
  ['SET NAMES', 'SET NAMES gbk', /character_set_client is gbk instead of utf8mb4.*collation_connection is gbk_/],
  ['SET NAMES', 'SET NAMES utf8mb4', /session is not as it was set up: collation_connection is utf8mb4_\w+ instead of/],
  ['SET SESSION time_zone', 'DO 0', /sql_mode is .*time_zone is \w+ instead of \+00:00/],
  [
    'SET SESSION time_zone',
    `SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES'`,
    /sql_mode is [\w,]*NO_BACKSLASH_ESCAPES[\w,]* instead of STRICT_TRANS_TABLES/,
  ],
] as const;

/** The server acknowledges what it was not told: only a look at the session finds it. */
function sessionSettingsSuite(): void {
  describe('a session whose settings do not take', function () {
    this.timeout(60_000);
    let stores: TestStores;
    let storage: SplitOptions;
    let proxy: FaultProxy;

    before(async () => {
      stores = await openTestStores();
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      const { host, port } = stores.storage.mysql;
      proxy = await FaultProxy.start({ host, port }, 'mysql');
      storage = { ...stores.storage, mysql: { ...stores.storage.mysql, host: '127.0.0.1', port: proxy.port } };
    });
    afterEach(() => proxy.heal());
    after(async () => {
      await proxy.stop();
      await stores.close();
    });

    for (const [asked, instead, message] of CASES) {
      it(`is refused at the start, naming the setting: ${instead}`, async () => {
        const rewritten = proxy.when(asks(asked), { kind: 'rewrite', bytes: saying(instead) });
        const opened = await openStores(
          { ...storage, waitSeconds: 30 },
          { clock: systemClock, logger: silentLogger },
        ).catch((error: unknown) => error as Error);
        if (!(opened instanceof Error)) await opened.close();
        expect(opened).to.be.instanceOf(Error);
        expect((opened as Error).message)
          .to.match(/^Cannot use MySQL at 127\.0\.0\.1:/)
          .and.match(message);
        expect(rewritten.hits).to.be.above(0);
      });
    }

    it('is refused in the pool too, and nothing is sent over that connection', async () => {
      const sql = openMysql({ ...storage.mysql, poolSize: 1 });
      try {
        const texts: string[] = [];
        proxy.when(asks('SET NAMES'), { kind: 'rewrite', bytes: saying('SET NAMES gbk') }, 1);
        proxy.when(
          ({ direction, command }) => {
            if (direction === 'request') texts.push(command);
            return false;
          },
          { kind: 'swallow' },
        );
        const read = () => sql.read((session) => session.query('SELECT 1 AS alive'));
        const failure: unknown = await read().catch((error: unknown) => error);
        expect(failure).to.include({ code: 'unavailable' });
        expect(String((failure as Error).cause)).to.match(/character_set_client is gbk instead of utf8mb4/);
        expect(texts.join()).to.include('SET SESSION').and.not.include('alive');
        // The next connection is right.
        expect(await read()).to.deep.equal([{ alive: 1 }]);
      } finally {
        await sql.close();
      }
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') sessionSettingsSuite();
