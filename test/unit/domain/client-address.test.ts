import { expect } from 'chai';
import { clientAddress, networksOf, parseTrustedProxies } from '../../../src/domain/client-address.js';

describe('clientAddress', () => {
  const trusted = parseTrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);
  const cases: [name: string, peer: string | undefined, forwarded: string | undefined, expected: string][] = [
    ['no header', '203.0.113.5', undefined, '203.0.113.5'],
    ['a header from a peer that is no proxy', '203.0.113.5', '1.2.3.4', '203.0.113.5'],
    ['a header from a trusted proxy', '10.1.2.3', '1.2.3.4', '1.2.3.4'],
    ['a chain: the right-most untrusted one', '10.1.2.3', '6.6.6.6, 1.2.3.4, 192.0.2.7, 10.9.9.9', '1.2.3.4'],
    ['a chain of proxies only', '10.1.2.3', '10.4.4.4, 10.5.5.5', '10.4.4.4'],
    ['a forged entry left of the real one', '10.1.2.3', '10.0.0.1, 8.8.8.8', '8.8.8.8'],
    ['an unreadable entry', '10.1.2.3', '1.2.3.4, unknown', '10.1.2.3'],
    ['an unreadable entry behind a proxy', '10.1.2.3', '1.2.3.4, _hidden, 10.2.2.2', '10.2.2.2'],
    ['an empty header', '10.1.2.3', '', '10.1.2.3'],
    ['empty entries', '10.1.2.3', '1.2.3.4,,', '10.1.2.3'],
    ['a short or octal IPv4 form', '10.1.2.3', '010.1', '10.1.2.3'],
    ['an IPv4-mapped peer', '::ffff:203.0.113.5', '1.2.3.4', '203.0.113.5'],
    ['an IPv4-mapped proxy', '::ffff:10.1.2.3', '1.2.3.4', '1.2.3.4'],
    ['IPv6 through an IPv6 proxy', '2001:db8:ffff::1', '2001:DB8:1:0:0:0:0:9', '2001:db8:1::9'],
    ['ports behind addresses', '10.1.2.3', '9.9.9.9, [2001:db8:1::9]:4711', '2001:db8:1::9'],
    ['a port behind IPv4', '10.1.2.3', '1.2.3.4:4711', '1.2.3.4'],
    ['no peer', undefined, '1.2.3.4', 'unknown'],
    ['a peer that is no address', 'localhost', '1.2.3.4', 'unknown'],
  ];
  for (const [name, peer, forwarded, expected] of cases) {
    it(name, () => {
      expect(clientAddress(peer, forwarded, trusted)).to.equal(expected);
    });
  }

  it('believes nobody when no proxy is trusted', () => {
    expect(clientAddress('10.1.2.3', '1.2.3.4', parseTrustedProxies([]))).to.equal('10.1.2.3');
  });

  it('reads a whole list of thousands of entries in time', () => {
    const forwarded = Array.from({ length: 3_000 }, () => '10.0.0.1').join(',');
    expect(clientAddress('10.1.2.3', forwarded, trusted)).to.equal('10.0.0.1');
  });
});

describe('parseTrustedProxies', () => {
  for (const entry of ['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0.0/-1', '*']) {
    it(`refuses "${entry}" and names its place`, () => {
      expect(() => parseTrustedProxies(['127.0.0.1', entry])).to.throw(RangeError, /^Entry 2 /);
    });
  }
});

describe('networksOf', () => {
  const keysOf = (address: string): readonly string[] => networksOf(address).map(({ key }) => key);

  it('counts an IPv4 address by itself, mapped or not', () => {
    expect(networksOf('203.0.113.5')).to.deep.equal([{ key: '203.0.113.5', factor: 1 }]);
    expect(networksOf('::ffff:203.0.113.5')).to.deep.equal([{ key: '203.0.113.5', factor: 1 }]);
    expect(networksOf('::ffff:cb00:7105')).to.deep.equal([{ key: '203.0.113.5', factor: 1 }]);
  });

  it('counts an IPv6 address by its /64, /56 and /48, with room that grows', () => {
    expect(networksOf('2001:db8:1:2f3:aaaa::1')).to.deep.equal([
      { key: '2001:db8:1:2f3::/64', factor: 1 },
      { key: '2001:db8:1:200::/56', factor: 4 },
      { key: '2001:db8:1::/48', factor: 16 },
    ]);
  });

  it('shares what two addresses have in common, and nothing else', () => {
    const [site, home, firm] = keysOf('2001:db8:1:2f3::1');
    expect(keysOf('2001:db8:1:2f3:ffff::2')).to.deep.equal([site, home, firm]);
    expect(keysOf('2001:db8:1:2f4::1').slice(1)).to.deep.equal([home, firm]);
    expect(keysOf('2001:db8:1:3f3::1').slice(1)).to.include(firm).and.not.include(home);
    expect(keysOf('2001:db8:2:2f3::1').filter((key) => [site, home, firm].includes(key))).to.deep.equal([]);
  });

  it('has one key for everything that is no address', () => {
    expect(networksOf('x'.repeat(10_000))).to.deep.equal(networksOf(''));
  });
});
