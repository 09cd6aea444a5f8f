import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { settle } from './fakes.js';
import { Harness } from './harness.js';

/** As long as it takes until a comparison has come. */
async function compared(harness: Harness): Promise<void> {
  for (let count = 0; count < 20; count += 1) {
    harness.ticker.tick();
    await settle();
  }
}

const ENDED = 4001;

describe('sockets of an account that was disabled', () => {
  for (const heartbeatMs of [0, 5_000]) {
    it(`are closed by the comparison with the store, others are not (heartbeat ${heartbeatMs} ms)`, async () => {
      const harness = new Harness({ heartbeatMs });
      const [one, all, other] = [
        await harness.connect(1),
        await harness.connect(1, { path: '/api/v1/ws' }),
        await harness.connect(2),
      ];
      await compared(harness);
      expect([one, all, other].map(({ socket }) => socket.closedWith)).to.deep.equal([null, null, null]);
      harness.disabled.add(1);
      await compared(harness);
      expect([one, all, other].map(({ socket }) => socket.closedWith)).to.deep.equal([ENDED, ENDED, null]);
    });
  }

  it('are closed at once when it is noticed elsewhere', async () => {
    const harness = new Harness();
    const [one, other] = [await harness.connect(1), await harness.connect(2)];
    harness.local.endUser(1);
    expect([one, other].map(({ socket }) => socket.closedWith)).to.deep.equal([ENDED, null]);
  });

  it('stay while the store cannot be asked, and are compared again', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    const ask = harness.activeAmong;
    harness.activeAmong = () => Promise.reject(new AppError('unavailable'));
    harness.disabled.add(1);
    await compared(harness);
    expect(peer.socket.closedWith).to.equal(null);
    harness.activeAmong = ask;
    await compared(harness);
    expect(peer.socket.closedWith).to.equal(ENDED);
  });

  it('are closed behind the refusal of a send', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    harness.sendMessage = () => Promise.reject(new AppError('not_authenticated'));
    peer.send({ type: 'message', content: 'late', id: 1 });
    await settle();
    expect(peer.socket.json().at(-1)).to.include({ type: 'error', code: 'not_authenticated', id: 1 });
    expect(peer.socket.closedWith).to.equal(ENDED);
  });

  it('cost one statement for 500 users', async () => {
    const harness = new Harness({ heartbeatMs: 0 });
    const asked: number[] = [];
    harness.activeAmong = (ids) => {
      asked.push(ids.length);
      return Promise.resolve(new Set(ids));
    };
    await Promise.all(Array.from({ length: 620 }, (_, index) => harness.connect(index + 1, { path: '/api/v1/ws' })));
    await compared(harness);
    expect(asked).to.deep.equal([500, 120]);
  });
});
