import { expect } from 'chai';
import { FAILPOINTS, type Failpoint } from '../../../src/ports/failpoints.js';
import { report, rounds } from '../figures.js';
import { LoadedServer } from './loaded-server.js';

/** The ones that a load of sends, edits and deletes passes all the time. */
const PLACES: readonly Failpoint[] = FAILPOINTS.filter((name) => /^(append|writer|edit|remove|erase)\./.test(name));
const STOP_WITHIN_MS = 10_000;
/** It takes some 20 ms; the first signal alone would take the 9.5 s that a stop may last. */
const AT_ONCE_MS = 5_000;

describe('a server process that ends under load', function () {
  this.timeout(rounds(180_000, 1_800_000));
  let loaded: LoadedServer;
  beforeEach(() => {
    loaded = new LoadedServer();
  });
  afterEach(() => loaded.dispose());

  it('killed at any place of any batch it loses, doubles and reorders nothing', async () => {
    const load = await loaded.start();
    const { server, random } = loaded;
    const total = rounds(3, PLACES.length * 4);
    for (let round = 0; round < total; round += 1) {
      await load.confirms(20);
      const place = PLACES[random.below(PLACES.length)] ?? 'append.before_commit';
      // Deletes are rare in the load: the tenth pass of the eraser takes up to half a minute to come.
      const armed = await server.arm(place, 'kill', { nth: 1 + random.below(rounds(3, 10)) });
      await armed.struck();
      expect(await server.ended(), `seed ${random.seed}`).to.equal('SIGKILL');
      await server.start();
    }
    await load.confirms(20);
    report('kill -9 under load', { kills: total, seed: random.seed, ...(await loaded.finish()) });
  });

  it('stopped by SIGTERM it answers what is in flight and exits within ten seconds', async () => {
    const load = await loaded.start();
    const { server } = loaded;
    let slowestMs = 0;
    const total = rounds(2, 20);
    for (let round = 0; round < total; round += 1) {
      await load.confirms(20);
      const began = performance.now();
      expect(await server.end('SIGTERM'), server.output()).to.equal(0);
      slowestMs = Math.max(slowestMs, performance.now() - began);
      await server.start();
    }
    await load.confirms(20);
    expect(slowestMs).to.be.below(STOP_WITHIN_MS);
    report('SIGTERM under load', { stops: total, slowestMs: Math.round(slowestMs), ...(await loaded.finish()) });
  });

  it('a second SIGTERM ends it at once, and nothing that was acknowledged is lost', async () => {
    const load = await loaded.start();
    const { server } = loaded;
    await load.confirms(20);
    // A batch that does not end keeps the first signal waiting.
    const held = await server.arm('append.before_commit', 'delay', { delayMs: 60_000 });
    await held.struck();
    server.signal('SIGTERM');
    await server.said('stopping');
    const began = performance.now();
    expect(await server.end('SIGTERM')).to.equal(128 + 15);
    const tookMs = performance.now() - began;
    expect(tookMs).to.be.below(AT_ONCE_MS);
    await server.start();
    await load.confirms(20);
    report('second SIGTERM', { tookMs: Math.round(tookMs), ...(await loaded.finish()) });
  });
});
