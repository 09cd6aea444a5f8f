import { expect } from 'chai';
import { emailKey, searchText, usernameKey } from '../../../src/domain/user-keys.js';

describe('user keys', () => {
  const ADMIN = usernameKey('admin');

  for (const [what, name] of [
    ['capitals', 'ADMIN'],
    ['an accent', 'ádmin'],
    ['a combining accent', 'a\u0301dmin'],
    ['full-width letters', 'ａｄｍｉｎ'],
    ['a Cyrillic а', 'аdmin'],
    ['a Greek capital Μ', 'adΜin'],
    ['a dotless ı', 'admın'],
    ['mathematical letters', '𝐚𝐝𝐦𝐢𝐧'],
    ['a zero-width space', 'admin\u200b'],
    ['a soft hyphen', 'ad\u00admin'],
    ['a variation selector', 'admin\ufe0f'],
  ] as const) {
    it(`reads ${what} as the same name`, () => {
      expect(usernameKey(name)).to.equal(ADMIN);
    });
  }

  it('keeps different names apart', () => {
    const names = [
      'admin',
      'admin1',
      'adm1n',
      'admim',
      'админ',
      'アドミン',
      'हिन्दी',
      'हन्द',
      '管理者',
      'admin_',
      '😀😀😀',
      '😀😁😀',
    ];
    expect(new Set(names.map(usernameKey)).size).to.equal(names.length);
  });

  it('joins case forms that lower case alone keeps apart', () => {
    expect(usernameKey('straße')).to.equal(usernameKey('STRASSE'));
    expect(usernameKey('σας')).to.equal(usernameKey('ΣΑΣ'));
  });

  it('is stable: the key of a key is the key', () => {
    for (const name of ['Ádmïn', 'Æsir', 'ŁÓDŹ', 'Ｔｅｓｔ', 'straße', 'ΒΕΤΑ']) {
      expect(usernameKey(usernameKey(name))).to.equal(usernameKey(name));
    }
  });

  it('fits its column whatever unfolds', () => {
    const longest = '\ufdfa'.repeat(50);
    expect(Buffer.byteLength(usernameKey(longest))).to.be.at.most(255);
    expect(usernameKey(longest)).to.not.equal(usernameKey('\ufdfa'.repeat(49)));
  });

  it('compares addresses without case, and only without case', () => {
    expect(emailKey('Ann@Example.COM')).to.equal(emailKey('ann@example.com'));
    expect(emailKey('аnn@example.com')).to.not.equal(emailKey('ann@example.com'));
  });

  it('searches without case, with accents', () => {
    expect(searchText('JOSÉ')).to.equal(searchText('josé'));
    expect(searchText('josé')).to.not.equal(searchText('jose'));
  });
});
