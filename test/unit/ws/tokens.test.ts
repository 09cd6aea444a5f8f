import { expect } from 'chai';
import { chatOfPath } from '../../../src/ws/paths.js';
import { chooseProtocol, tokenOf } from '../../../src/ws/tokens.js';
import { handshake } from './fakes.js';

const TOKEN = 'eyJ.a-b_c.d';

describe('upgrade', () => {
  const offered = (value: string): { headers: Record<string, string>; query: string } => ({
    headers: { 'sec-websocket-protocol': value },
    query: '',
  });

  it('takes the token from the query, the header or a subprotocol', () => {
    expect(tokenOf(handshake({ query: `token=${TOKEN}` }))).to.equal(TOKEN);
    expect(tokenOf(handshake({ query: `a=1&token=${encodeURIComponent('a+b/c=')}&b` }))).to.equal('a+b/c=');
    expect(tokenOf(handshake({ query: '', headers: { authorization: `Bearer ${TOKEN}` } }))).to.equal(TOKEN);
    expect(tokenOf(handshake({ query: '', headers: { authorization: `bearer  ${TOKEN}` } }))).to.equal(TOKEN);
    expect(tokenOf(handshake(offered(`parley.v1, bearer.${TOKEN}`)))).to.equal(TOKEN);
    expect(tokenOf(handshake({ query: `token=${TOKEN}`, headers: { authorization: `Bearer ${TOKEN}` } }))).to.equal(
      TOKEN,
    );
  });

  it('takes none that is missing, empty, too long, repeated, malformed or contradicted', () => {
    expect(tokenOf(handshake({ query: '' }))).to.equal(null);
    expect(tokenOf(handshake({ query: 'token=' }))).to.equal(null);
    expect(tokenOf(handshake({ query: `token=${'x'.repeat(4_097)}` }))).to.equal(null);
    expect(tokenOf(handshake({ query: `token=${TOKEN}&token=${TOKEN}` }))).to.equal(null);
    expect(tokenOf(handshake({ query: '', headers: { authorization: `Basic ${TOKEN}` } }))).to.equal(null);
    expect(tokenOf(handshake({ query: '', headers: { authorization: `Bearer a, Bearer b` } }))).to.equal(null);
    expect(tokenOf(handshake({ query: `token=${TOKEN}`, headers: { authorization: 'Bearer other' } }))).to.equal(null);
    expect(tokenOf(handshake({ query: `token=${TOKEN}`, headers: { authorization: 'Basic x' } }))).to.equal(null);
    expect(tokenOf(handshake(offered('bearer.a, bearer.b')))).to.equal(null);
    expect(tokenOf(handshake(offered('bearer.')))).to.equal(null);
  });

  it('echoes parley.v1 and nothing else', () => {
    expect(chooseProtocol(handshake())).to.equal(null);
    expect(chooseProtocol(handshake(offered(`bearer.${TOKEN}, parley.v1`)))).to.equal('parley.v1');
    expect(chooseProtocol(handshake(offered(`bearer.${TOKEN}`)))).to.equal(null);
    expect(chooseProtocol(handshake(offered('parley.v2')))).to.equal(null);
  });

  it('knows its path in both forms and no other', () => {
    expect([chatOfPath('/api/v1/ws/12'), chatOfPath('/api/v1/ws/12/')]).to.deep.equal([12, 12]);
    const elsewhere = [
      '/',
      '/api/v1/ws',
      '/api/v1/ws/',
      '/api/v1/ws/1//',
      '/api/v1/ws/1/2',
      '/api/v2/ws/1',
      '/API/v1/ws/1',
    ];
    for (const path of elsewhere) expect(chatOfPath(path), path).to.equal(undefined);
    const impossible = [
      '0',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      '%205',
      '+5',
      '05',
      '%31',
      '１',
      '9007199254740993',
      '9'.repeat(40),
    ];
    for (const segment of impossible) expect(chatOfPath(`/api/v1/ws/${segment}`), segment).to.equal(null);
  });
});
