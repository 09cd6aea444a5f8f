import { expect } from 'chai';
import { isSocketPath, targetOf } from '../../../src/ws/paths.js';
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

  it('knows its paths in both forms and no others', () => {
    for (const path of ['/api/v1/ws/12', '/api/v1/ws/12/']) {
      expect(targetOf({ path, query: '' }), path).to.deep.equal({ kind: 'chat', chatId: 12, from: null });
    }
    for (const path of ['/api/v1/ws', '/api/v1/ws/']) {
      expect(targetOf({ path, query: 'token=x' }), path).to.deep.equal({ kind: 'inbox' });
    }
    const elsewhere = [
      '/',
      '/api/v1/wsx',
      '/api/v1/ws//',
      '/api/v1/ws/1//',
      '/api/v1/ws/1/2',
      '/api/v2/ws/1',
      '/API/v1/ws/1',
    ];
    for (const path of elsewhere) expect(isSocketPath(path), path).to.equal(false);
    const impossible = ['0', '-1', '1.5', '1e3', '0x10', '%31', '9007199254740993', '１', 'me'];
    for (const segment of impossible) {
      expect(isSocketPath(`/api/v1/ws/${segment}`), segment).to.equal(true);
      expect(targetOf({ path: `/api/v1/ws/${segment}`, query: '' }), segment).to.include({
        kind: 'chat',
        chatId: null,
      });
    }
  });

  it('takes a rev and an epoch to read on from, in one form each', () => {
    const of = (query: string): unknown => targetOf({ path: '/api/v1/ws/7', query });
    expect(of('since_rev=0')).to.deep.include({ from: { rev: 0, epoch: null } });
    expect(of('since_rev=41&epoch=e-1&token=x')).to.deep.include({ from: { rev: 41, epoch: 'e-1' } });
    const malformed = [
      '',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      ' 5',
      '+5',
      '05',
      '５',
      '9007199254740992',
      'null',
      '1&since_rev=1',
    ];
    for (const text of malformed) expect(of(`since_rev=${text}`), text).to.deep.equal({ kind: 'malformed' });
    for (const rest of ['&epoch=a&epoch=a', `&epoch=${'e'.repeat(65)}`]) {
      expect(of(`since_rev=1${rest}`), rest).to.deep.equal({ kind: 'malformed' });
    }
    expect(of('epoch=e-1')).to.deep.equal({ kind: 'malformed' });
    expect(targetOf({ path: '/api/v1/ws', query: 'since_rev=1' })).to.deep.equal({ kind: 'malformed' });
  });
});
