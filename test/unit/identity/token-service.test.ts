import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { AppError } from '../../../src/domain/errors.js';
import { createTokenService } from '../../../src/identity/token-service.js';
import type { TokenService } from '../../../src/ports/token-service.js';

const KEY = 'Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA';
const NOW = 1_800_000_000;

function serviceAt(seconds: number, secretKey = KEY, minutes = 30): TokenService {
  return createTokenService({ secretKey, minutes, clock: { now: () => seconds * 1_000, monotonic: () => 0 } });
}

const service = serviceAt(NOW);
const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const hmac = (hash: string, key: string | Buffer, text: string): string =>
  createHmac(hash, key).update(text).digest('base64url');

const HEADER = { alg: 'HS256', typ: 'JWT' };
const CLAIMS = { sub: '7', iss: 'parley', aud: 'parley', typ: 'access', iat: NOW, exp: NOW + 1_800 };

/** A token as an attacker with our key would make it: only the claims decide. */
function signed(claims: unknown, header: unknown = HEADER): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${hmac('sha256', KEY, text)}`;
}

function accepts(token: string): boolean {
  try {
    service.verify(token);
    return true;
  } catch (error) {
    expect(error).to.be.instanceOf(AppError).with.property('code', 'not_authenticated');
    return false;
  }
}

describe('token service', () => {
  it('issues what it accepts, for as long as it said', () => {
    const { token, expiresIn } = service.issue(7);
    expect(expiresIn).to.equal(1_800);
    expect(service.verify(token)).to.deep.equal({ userId: 7, expiresAt: (NOW + 1_800) * 1_000 });
    expect(serviceAt(NOW + 1_799).verify(token).userId).to.equal(7);
    expect(() => serviceAt(NOW + 1_800).verify(token)).to.throw(AppError);
    expect(accepts(signed(CLAIMS)), 'the forged ones below differ from this in one point each').to.equal(true);
    expect(serviceAt(NOW, KEY, 0.05).issue(7).expiresIn).to.equal(3);
  });

  it('accepts nothing signed with another key', () => {
    for (const key of [`${KEY} `, KEY.toLowerCase(), '', 'x', KEY.repeat(2)]) {
      expect(() => serviceAt(NOW, key === '' ? ' ' : key).verify(service.issue(7).token), key).to.throw(AppError);
    }
  });

  describe('algorithms and signatures', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const payload = encode(CLAIMS);
    const forged: [string, string][] = [];

    for (const alg of [
      'none',
      'None',
      'nOnE',
      'NONE',
      '',
      'hs256',
      'HS1',
      'HS384',
      'HS512',
      'RS256',
      'ES256',
      'PS256',
    ]) {
      const head = encode({ ...HEADER, alg });
      forged.push([`alg ${alg}, no signature`, `${head}.${payload}.`]);
      forged.push([`alg ${alg}, two parts`, `${head}.${payload}`]);
      forged.push([`alg ${alg}, our HMAC`, `${head}.${payload}.${hmac('sha256', KEY, `${head}.${payload}`)}`]);
    }
    for (const bits of ['384', '512']) {
      const head = encode({ ...HEADER, alg: `HS${bits}` });
      forged.push([`HS${bits} with our key`, `${head}.${payload}.${hmac(`sha${bits}`, KEY, `${head}.${payload}`)}`]);
    }
    for (const alg of [null, 256, ['HS256'], { alg: 'HS256' }, true]) {
      forged.push([`alg ${JSON.stringify(alg)}`, signed(CLAIMS, { ...HEADER, alg })]);
    }
    const rs = encode({ ...HEADER, alg: 'RS256' });
    const rsSignature = createSign('sha256').update(`${rs}.${payload}`).sign(rsa.privateKey).toString('base64url');
    forged.push(['RS256', `${rs}.${payload}.${rsSignature}`]);
    const confused = `${encode(HEADER)}.${payload}`;
    forged.push(['a public key as HMAC key', `${confused}.${hmac('sha256', publicPem, confused)}`]);
    forged.push(['an empty HMAC key', `${confused}.${hmac('sha256', '', confused)}`]);
    for (const header of [
      '{"alg":"none","alg":"HS256","typ":"JWT"}',
      '{"alg":"HS256","alg":"none","typ":"JWT"}',
      '{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}',
      '{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":""}}',
      '{"alg":"HS256","typ":"JWT","crit":["exp"]}',
      '{"alg":"HS256","typ":"JWT","b64":false}',
      '{"alg":"HS256"}',
      '{}',
      '[]',
      'null',
      'not json',
      '',
    ]) {
      forged.push([`header ${header}`, signed(CLAIMS, header)]);
    }
    const good = signed(CLAIMS);
    const [head = '', body = '', signature = ''] = good.split('.');
    for (let index = 0; index < signature.length; index += 1) {
      const other = signature[index] === 'A' ? 'B' : 'A';
      forged.push([
        `signature changed at ${index}`,
        `${head}.${body}.${signature.slice(0, index)}${other}${signature.slice(index + 1)}`,
      ]);
    }
    // The last character of 43 carries two bits that no byte holds: another one decodes to the same signature.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const last of alphabet) {
      if (!good.endsWith(last)) forged.push([`last character ${last}`, `${good.slice(0, -1)}${last}`]);
    }
    for (const shape of [
      '',
      '.',
      '..',
      '...',
      head,
      `${head}.`,
      `${head}..${signature}`,
      `${good}.`,
      `${good}=`,
      `.${good}`,
    ]) {
      forged.push([`shape ${shape}`, shape]);
    }
    for (const wrapped of [` ${good}`, `${good} `, `${good}\n`, `${good}\0`, `Bearer ${good}`, good.toUpperCase()]) {
      forged.push([`around: ${JSON.stringify(wrapped.slice(0, 8))}`, wrapped]);
    }
    forged.push(['standard base64', good.replaceAll('-', '+').replaceAll('_', '/').concat('=')]);
    forged.push(['very long', `${head}.${'A'.repeat(1_000_000)}.${signature}`]);

    it(`none of ${forged.length} forged tokens is accepted`, () => {
      expect(forged.filter(([, token]) => accepts(token)).map(([name]) => name)).to.deep.equal([]);
    });
  });

  describe('claims', () => {
    const junk: unknown[] = [undefined, null, true, '', 'x', '1', 0, -1, 1.5, 1e308, [], {}, [CLAIMS.sub], { a: 1 }];
    const forged: [string, unknown][] = [];
    for (const name of ['sub', 'iss', 'aud', 'typ', 'iat', 'exp'] as const) {
      for (const value of [...junk, [CLAIMS[name]], String(CLAIMS[name]), `${CLAIMS[name]} `]) {
        if (value === CLAIMS[name] || (name === 'iat' && value === 0) || (name === 'sub' && value === '1')) continue;
        forged.push([`${name} ${JSON.stringify(value)}`, { ...CLAIMS, [name]: value }]);
      }
    }
    for (const name of ['nbf', 'sid', 'jti', 'roles', '__proto__', 'constructor']) {
      for (const value of [NOW - 60, NOW + 60, 'x', null, []]) {
        const extra = Object.fromEntries([...Object.entries(CLAIMS), [name, value]]);
        forged.push([`extra ${name} ${JSON.stringify(value)}`, JSON.stringify(extra)]);
      }
    }
    forged.push(['exp now', { ...CLAIMS, exp: NOW }]);
    forged.push(['exp past', { ...CLAIMS, exp: NOW - 1 }]);
    forged.push(['exp a string', { ...CLAIMS, exp: String(NOW + 60) }]);
    forged.push(['exp a float', { ...CLAIMS, exp: NOW + 60.5 }]);
    forged.push(['exp in milliseconds', { ...CLAIMS, exp: (NOW + 60) * 1_000 }]);
    forged.push(['exp unsafe', JSON.stringify(CLAIMS).replace(`"exp":${CLAIMS.exp}`, '"exp":9007199254740993')]);
    forged.push(['exp overflow', JSON.stringify(CLAIMS).replace(`"exp":${CLAIMS.exp}`, '"exp":1e999')]);
    forged.push(['exp twice', JSON.stringify(CLAIMS).replace('"exp"', `"exp":${NOW + 1},"exp":1,"e"`)]);
    forged.push(['iat future', { ...CLAIMS, iat: NOW + 31 }]);
    forged.push(['iat after exp', { ...CLAIMS, iat: NOW + 20, exp: NOW + 10 }]);
    for (const typ of ['refresh', 'ticket', 'Access', 'access ', 'at+jwt'])
      forged.push([`typ ${typ}`, { ...CLAIMS, typ }]);
    for (const aud of ['other', 'Parley', ['parley'], ['parley', 'other']]) forged.push([`aud`, { ...CLAIMS, aud }]);
    for (const sub of [
      '07',
      '+7',
      '7.0',
      '7e0',
      '0',
      '-7',
      '7 ',
      '٧',
      '9007199254740993',
      '99999999999999999',
      7,
      '7,8',
    ]) {
      forged.push([`sub ${JSON.stringify(sub)}`, { ...CLAIMS, sub }]);
    }
    for (const name of Object.keys(CLAIMS)) {
      forged.push([`without ${name}`, Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name))]);
    }
    for (const payload of ['', 'null', '7', '"7"', '[]', `[${JSON.stringify(CLAIMS)}]`, '{', 'text', '\u0000', '{}']) {
      forged.push([`payload ${payload}`, payload]);
    }

    it(`none of ${forged.length} properly signed tokens with other claims is accepted`, () => {
      expect(forged.filter(([, claims]) => accepts(signed(claims))).map(([name]) => name)).to.deep.equal([]);
    });

    it('a little difference between two clocks is no future', () => {
      expect(accepts(signed({ ...CLAIMS, iat: NOW + 30 }))).to.equal(true);
    });
  });

  it('survives any text without another error than its own', () => {
    const seed = Date.now();
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.json().map(encode), fc.constant(encode(HEADER)));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(text, (token) => !accepts(token)),
      { seed, numRuns: 2_000 },
    );
  });
});
