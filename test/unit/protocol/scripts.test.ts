import { expect } from 'chai';
import { isHighlyRestrictive } from '../../../src/protocol/scripts.js';

describe('scripts of a name', () => {
  const allowed = [
    'ann_b-1',
    'Ren\u00e9e',
    '\u0410\u043d\u043d\u0430-1',
    '\u0391\u03bd\u03bd\u03b1',
    '\u05d0\u05e0\u05d4',
    '\u0639\u0644\u064a\u0661',
    '\u0e2a\u0e21\u0e0a\u0e32\u0e22',
    '\u5c71\u7530\u305f\u308d\u3046',
    'taro\u5c71\u7530\u30bf\u30ed\u30fc',
    'wei\u5f20\u3105',
    'kim\uae40\u91d1',
    'ann\u{1f600}',
    '\u{1f600}\u{1f601}\u{1f602}',
    '\u{10428}\u{10429}\u{1042a}',
    '123_',
    'e\u0301ve',
  ];
  for (const text of allowed) it(`allows ${text}`, () => expect(isHighlyRestrictive(text)).to.equal(true));

  const refused = [
    'c\u2c9fntrol',
    'contr\u10ffl',
    'adm\ua647n',
    'c\u{10428}ntrol',
    '\u0430dmin',
    '\u03b1dmin',
    '\u0410\u03bd\u03bd\u0430',
    '\u5c71\uae40\u305f',
    '\u5c71\u0430',
    '\u3105\u305f',
    'ann\u05d0',
    '\u0905\u0995',
  ];
  for (const text of refused) it(`refuses ${text}`, () => expect(isHighlyRestrictive(text)).to.equal(false));

  it('says the same of every character alone', () => {
    for (let code = 0; code < 0x110000; code += 1) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      if (/\p{Cn}|\p{Co}/u.test(character)) continue;
      expect(isHighlyRestrictive(character), code.toString(16)).to.equal(true);
    }
  }).timeout(60_000);
});
