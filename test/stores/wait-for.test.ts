import { expect } from 'chai';
import type { Logger } from '../../src/ports/logger.js';
import { openStores } from '../../src/stores/open-stores.js';
import { waitFor } from '../../src/stores/wait-for.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { freePort } from '../helpers/servers/free-port.js';

describe('a start that waits for its databases', () => {
  let lines: { facts: object; message: string }[] = [];
  const keep = (facts: object, message: string): void => void lines.push({ facts, message });
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const deps = { clock: systemClock, logger };
  const later = (ms: number): number => systemClock.monotonic() + ms;

  beforeEach(() => {
    lines = [];
  });

  async function refusal(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'started',
      (error: unknown) => (error instanceof Error ? error.message : 'not an error'),
    );
  }

  it('goes on as soon as an attempt works, and says once that it waits', async () => {
    let attempts = 0;
    const result = await waitFor(deps, {
      what: 'the thing',
      deadline: later(10_000),
      attempt: () => (++attempts < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve('up')),
      explain: () => ({ reason: 'ECONNREFUSED', mayPass: true }),
    });
    expect(result).to.equal('up');
    expect(attempts).to.equal(3);
    expect(lines.map(({ message }) => message)).to.deep.equal(['waiting for the thing']);
    expect(lines[0]?.facts).to.include({ reason: 'ECONNREFUSED' });
  });

  it('stops at once when waiting cannot help', async () => {
    let attempts = 0;
    const message = await refusal(
      waitFor(deps, {
        what: 'the thing',
        deadline: later(60_000),
        attempt: () => {
          attempts += 1;
          return Promise.reject(new Error('secret'));
        },
        explain: () => ({ reason: 'it refuses the user or the password', mayPass: false }),
      }),
    );
    expect(message).to.equal('Cannot use the thing: it refuses the user or the password');
    expect(attempts).to.equal(1);
  });

  it('names the MySQL that it could not reach, and no password', async () => {
    const port = await freePort();
    const message = await refusal(
      openStores(
        {
          kind: 'split',
          mysql: { host: '127.0.0.1', port, user: 'parley', password: 'hunter2-secret', database: 'chat', poolSize: 2 },
          mongodb: { url: `mongodb://parley:hunter2-secret@127.0.0.1:${port}`, database: 'chat' },
          waitSeconds: 1,
        },
        deps,
      ),
    );
    expect(message).to.equal(`Cannot reach MySQL at 127.0.0.1:${port}: ECONNREFUSED`);
    expect(JSON.stringify(lines)).to.include(`waiting for MySQL at 127.0.0.1:${port}`).and.not.include('hunter2');
  });
});
