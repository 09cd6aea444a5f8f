import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { sent, settle } from './fakes.js';
import { Harness, type Peer } from './harness.js';

async function tick(harness: Harness, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    harness.ticker.tick();
    await settle();
  }
}

function beats({ socket }: Peer): unknown[] {
  return socket
    .json()
    .filter(({ type }) => type === 'heartbeat')
    .map((beat) => beat['revs']);
}

describe('heartbeat', () => {
  it('does not vouch for a rev that the comparison has found to be old', async () => {
    const harness = new Harness({ heartbeatMs: 250 });
    harness.store.add(9, [1]).rev = 2;
    const [one, all] = [await harness.connect(1), await harness.connect(1, { path: '/api/v1/ws' })];
    await tick(harness, 10);
    expect(beats(one)).to.deep.include({ 7: 0 });
    expect(beats(all)).to.deep.include({ 7: 0, 9: 2 });
    const before = [beats(one).length, beats(all).length];
    const missed = harness.store.missed.bind(harness.store);
    harness.store.missed = () => Promise.reject(new AppError('unavailable'));
    harness.store.commit(sent(1)); // Its event is lost.
    await tick(harness, 20);
    expect(beats(one).slice(before[0])).to.deep.equal([]);
    expect(
      new Set(
        beats(all)
          .slice(before[1])
          .map((revs) => JSON.stringify(revs)),
      ),
    ).to.deep.equal(new Set(['{"9":2}']));
    harness.store.missed = missed;
    await tick(harness, 20);
    expect(beats(one).at(-1)).to.deep.equal({ 7: 1 });
    expect(beats(all).at(-1)).to.deep.equal({ 7: 1, 9: 2 });
  });

  it('compares every five seconds at least, and tells as seldom as it is asked to', async () => {
    for (const [heartbeatMs, wanted] of [
      [0, [12, 0]],
      [1_000, [60, 60]],
      [7_000, [17, 8]],
      [20_000, [12, 3]],
    ] as const) {
      const harness = new Harness({ heartbeatMs });
      const revs = harness.store.revs.bind(harness.store);
      let compared = 0;
      harness.store.revs = (chatIds) => {
        compared += 1;
        return revs(chatIds);
      };
      // Five sockets whose turns are one after the other: one of them is told each time.
      const peers = await Promise.all(Array.from({ length: 5 }, () => harness.connect(1)));
      await tick(harness, 240);
      const told = peers.reduce((sum, peer) => sum + beats(peer).length, 0);
      expect([compared, told], `${heartbeatMs} ms`).to.deep.equal(wanted);
    }
  });

  it('looks at a chat at once that may have changed without a word, and at all where it is not known which', async () => {
    for (const chatId of [7, null]) {
      const harness = new Harness();
      const peer = await harness.connect(1);
      harness.store.commit(sent(1)); // Nobody tells of it.
      harness.local.suspect(chatId);
      await tick(harness, 8);
      expect(peer.socket.types(), String(chatId)).to.deep.equal(['new_message', 'caught_up']);
    }
  });

  it('closes a socket that an error has kept from its chat’s last event', async () => {
    const harness = new Harness({ heartbeatMs: 250 });
    const peer = await harness.connect(1);
    harness.store.commit(sent(1));
    void harness.broker.publish([{ ...sent(1), at: new Date(NaN) }]);
    await tick(harness, 10);
    expect(beats(peer)).not.to.deep.include({ 7: 1 });
    expect(peer.socket.closedWith).to.equal(4408);
    expect(harness.logger.at('error')).to.include('a socket has missed events of a chat');
  });
});
