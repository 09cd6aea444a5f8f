import { expect } from 'chai';
import { networksOf } from '../../../src/domain/client-address.js';
import { Admission, type Place } from '../../../src/ws/socket/admission.js';

const MAX = 64;

describe('places for sockets that have not proved who they are', () => {
  let admission: Admission;
  beforeEach(() => (admission = new Admission({ maxUnauthenticated: MAX, socketsPerUser: 0 })));

  /** As many as are let in of so many, one from each address. */
  function enter(addresses: readonly string[]): Place[] {
    return addresses.flatMap((address) => admission.enter(networksOf(address)) ?? []);
  }
  const from = (count: number, addressOf: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, index) => addressOf(index));

  it('leave others room, whatever of its IPv6 network somebody uses', () => {
    expect(enter(from(MAX, (n) => `2001:db8:1:1::${n.toString(16)}`)), 'one /64').to.have.lengthOf(MAX / 4);
    expect(enter(from(MAX, (n) => `2001:db8:1:${(2 + n).toString(16)}::1`)), 'the rest of its /56').to.have.lengthOf(
      MAX / 8,
    );
    expect(enter(from(MAX, (n) => `2001:db8:1:${(n + 1).toString(16)}00::1`)), 'of its /48').to.have.lengthOf(MAX / 8);
    expect(enter(from(MAX, (n) => `203.0.113.${n}`)), 'everybody else').to.have.lengthOf(MAX / 2);
  });

  it('are given back to every network that they were taken from', () => {
    for (let round = 0; round < 3; round += 1) {
      const places = enter(from(MAX, (n) => `2001:db8:1:${n.toString(16)}00::1`));
      expect(places).to.have.lengthOf(MAX / 2);
      for (const [index, place] of places.entries()) {
        if (index % 2 === 0) place.authenticate(index);
        place.leave();
        place.leave();
      }
    }
  });
});
