import { expect } from 'chai';
import { closeReason, lateAnswerCode } from '../../src/edge/rules.js';
import { addressOfBytes, normalAddress } from '../../src/edge/peer-address.js';
import {
  joinHeaders,
  judgeFraming,
  judgeHead,
  linesOfRawHeaders,
  originForm,
  splitTarget,
  type HeaderLines,
} from '../../src/edge/request-head.js';
import { judgeUpgrade } from '../../src/edge/upgrade.js';

const HEAD = { method: 'GET', target: '/', httpVersion: '1.1' };
const HOST: HeaderLines = [['host', 'a']];

describe('edge: rules', () => {
  it('reads raw header lists and joins repeats', () => {
    const lines = linesOfRawHeaders(['X-A', '1', 'COOKIE', 'a', 'x-a', '2', 'Cookie', 'b', '__proto__', 'p']);
    const joined = joinHeaders(lines);
    expect(Object.entries(joined)).to.deep.equal([
      ['x-a', '1, 2'],
      ['cookie', 'a; b'],
      ['__proto__', 'p'],
    ]);
    expect(joined['constructor']).to.equal(undefined);
  });

  it('knows how long a body is', () => {
    const judge = (...lines: HeaderLines) => judgeFraming([...HOST, ...lines], '1.1', 10);
    expect(judge()).to.deep.equal({ ok: true, contentLength: null, chunked: false });
    expect(judge(['content-length', '10'])).to.deep.equal({ ok: true, contentLength: 10, chunked: false });
    expect(judge(['content-length', '11'])).to.deep.equal({ ok: false, code: 'payload_too_large' });
    expect(judge(['content-length', '9'.repeat(16)])).to.deep.equal({ ok: false, code: 'bad_request' });
    expect(judge(['transfer-encoding', ' Chunked '])).to.deep.equal({ ok: true, contentLength: null, chunked: true });
    expect(judgeFraming([], '1.0', 10).ok, 'HTTP/1.0 knows no Host').to.equal(true);
    expect(judgeFraming(HOST, '2.0', 10).ok).to.equal(false);
    for (const method of ['', 'get', 'G(T', 'CONNECT']) {
      expect(judgeHead({ ...HEAD, method, lines: HOST }, 10).ok, method).to.equal(false);
    }
    for (const target of ['', '/a b', '/\xe9', '/\n']) {
      expect(judgeHead({ ...HEAD, target, lines: HOST }, 10).ok, target).to.equal(false);
    }
    expect(judge(['expect', '100-Continue']).ok).to.equal(true);
    expect(judge(['expect', 'more']).ok).to.equal(false);
  });

  it('finds the path in an absolute target', () => {
    for (const [target, path] of [
      ['/a?b', '/a?b'],
      ['//a', '//a'],
      ['*', '*'],
      ['http://host', '/'],
      ['HTTPS://user@host:1/a//b?c', '/a//b?c'],
      ['http://host?q', '/?q'],
    ] as const) {
      expect(originForm(target), target).to.equal(path);
    }
    expect(splitTarget('/a?b?c')).to.deep.equal({ path: '/a', query: 'b?c' });
    expect(splitTarget('/a')).to.deep.equal({ path: '/a', query: '' });
  });

  it('tells handshakes from requests', () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const whole = { connection: 'x, UPGRADE', upgrade: 'h2c, WebSocket', 'sec-websocket-version': '13' };
    expect(judgeUpgrade('GET', {}).kind).to.equal('http');
    expect(judgeUpgrade('GET', { upgrade: 'h2c', connection: 'upgrade' }).kind).to.equal('http');
    expect(judgeUpgrade('GET', { ...whole, 'sec-websocket-key': key }).kind).to.equal('socket');
    expect(judgeUpgrade('GET', { ...whole, 'sec-websocket-key': key, 'content-length': '0' }).kind).to.equal('socket');
    expect(judgeUpgrade('GET', { ...whole, 'sec-websocket-key': key.slice(1) }).kind).to.equal('refused');
  });

  it('writes addresses as people do', () => {
    for (const [bytes, text] of [
      ['7f000001', '127.0.0.1'],
      ['00000000000000000000ffff7f000001', '127.0.0.1'],
      ['00000000000000000000000000000001', '::1'],
      ['00000000000000000000000000000000', '::'],
      ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
      ['20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
      ['20010db8000000010002000300040005', '2001:db8:0:1:2:3:4:5'],
      ['fe800000000000000000000000000000', 'fe80::'],
      ['', ''],
    ] as const) {
      expect(addressOfBytes(Buffer.from(bytes, 'hex')), bytes).to.equal(text);
    }
    expect(normalAddress('::ffff:10.0.0.1')).to.equal('10.0.0.1');
    expect(normalAddress('fe80::1%eth0')).to.equal('fe80::1');
    expect(normalAddress('::1')).to.equal('::1');
  });

  it('cuts close reasons between characters', () => {
    expect(closeReason('short')).to.equal('short');
    expect(closeReason('x'.repeat(124))).to.equal('x'.repeat(123));
    expect(closeReason('😀'.repeat(40))).to.equal('😀'.repeat(30));
  });

  it('claims nothing about a change that is late', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(lateAnswerCode(method)).to.equal('unavailable');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'X']) {
      expect(lateAnswerCode(method)).to.equal('indeterminate');
    }
  });
});
