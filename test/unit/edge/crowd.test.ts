import { expect } from 'chai';
import { Crowd, type Crowded } from '../../../src/edge/crowd.js';

describe('what is held for all peers', () => {
  const cuts: string[] = [];
  beforeEach(() => (cuts.length = 0));

  function peer(name: string, peerAddress: string): Crowded {
    return { peerAddress, cut: () => void cuts.push(name) };
  }

  it('is bounded: who holds most gives up what it has held longest', () => {
    const crowd = new Crowd(100);
    crowd.hold(peer('old', '192.0.2.1'), 40);
    crowd.hold(peer('first', '192.0.2.2'), 30);
    crowd.hold(peer('second', '192.0.2.2'), 30);
    expect(cuts).to.deep.equal([]);
    crowd.hold(peer('third', '192.0.2.3'), 10);
    expect(cuts).to.deep.equal(['first']);
    expect(crowd.bytes).to.equal(80);
  });

  it('counts one that grows once, and forgets one that is over', () => {
    const crowd = new Crowd(100);
    const one = peer('one', '192.0.2.1');
    const other = peer('other', '192.0.2.1');
    for (const bytes of [10, 20, 60]) crowd.hold(one, bytes);
    expect(crowd.bytes).to.equal(60);
    crowd.release(one);
    crowd.release(one);
    expect(crowd.bytes).to.equal(0);
    crowd.hold(other, 100);
    expect(cuts).to.deep.equal([]);
  });

  it('lets go of one that is more than the bound by itself', () => {
    const crowd = new Crowd(100);
    crowd.hold(peer('other', '192.0.2.1'), 50);
    crowd.hold(peer('huge', '192.0.2.2'), 101);
    expect(cuts).to.deep.equal(['huge']);
    expect(crowd.bytes).to.equal(50);
  });

  it('takes the addresses of one IPv6 network for one', () => {
    const crowd = new Crowd(100);
    crowd.hold(peer('lone', '192.0.2.1'), 40);
    for (const host of [1, 2, 3]) crowd.hold(peer(`host ${host}`, `2001:db8::${host}`), 25);
    expect(cuts).to.deep.equal(['host 1']);
  });

  it('costs no more than a moment where ten thousand networks fill it', () => {
    const crowd = new Crowd(10_000);
    const began = performance.now();
    for (let index = 0; index < 10_100; index += 1) crowd.hold(peer('x', `10.${index >> 8}.${index & 255}.1`), 1);
    expect(cuts).to.have.length(100);
    expect(performance.now() - began).to.be.below(2_000);
  });
});
