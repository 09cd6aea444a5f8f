import { expect } from 'chai';
import fc from 'fast-check';
import { emailKey, searchText, usernameKey } from '../../../src/domain/user-keys.js';

describe('user keys', () => {
  const sameAsAdmin: Readonly<Record<string, string>> = {
    'upper case': 'ADMIN',
    'mixed case': 'Admin',
    'an accent, composed': '\u00e1dmin',
    'an accent, combining': 'a\u0301dmin',
    'full width': '\uff41\uff44\uff4d\uff49\uff4e',
    'a Cyrillic a': '\u0430dmin',
    'a capital Cyrillic A': '\u0410DMIN',
    'a Greek alpha': '\u03b1dmin',
    'a capital Greek Alpha and Iota': '\u0391DM\u0399N',
    'a dotless i': 'adm\u0131n',
    'a dotted capital I': 'ADM\u0130N',
    'mathematical letters': '\u{1d41a}\u{1d41d}\u{1d426}\u{1d422}\u{1d427}',
    'small capitals': '\u1d00\u1d05\u1d0d\u026a\u0274',
    'a zero-width space': 'admin\u200b',
    'a zero-width joiner inside': 'ad\u200dmin',
    'a soft hyphen': 'ad\u00admin',
    'a variation selector': 'admin\ufe0f',
    'a tag character': 'admin\u{e0041}',
    'an invisible Hangul filler': 'admin\u3164',
  };
  for (const [title, username] of Object.entries(sameAsAdmin)) {
    it(`takes admin with ${title} for admin`, () => {
      expect(usernameKey(username)).to.equal('admin');
    });
  }

  it('joins the forms of one letter that lower case alone keeps apart', () => {
    expect(usernameKey('stra\u00dfe')).to.equal(usernameKey('STRASSE'));
    expect(usernameKey('\u03b7\u03b7\u03b7')).to.equal(usernameKey('\u0397\u0397\u0397'));
    expect(usernameKey('\u03bb\u03cc\u03b3\u03bf\u03c2')).to.equal(usernameKey('\u039b\u039f\u0393\u039f\u03a3'));
  });

  const different: readonly (readonly [string, string])[] = [
    ['admin', 'admins'],
    ['bob1', 'bobl'],
    ['o0', '00'],
    ['a.b', 'ab'],
    ['a_b', 'a-b'],
    ['\u0915\u093f', '\u0915\u093e'],
    ['\u304b', '\u304c'],
    ['admin', '\u0430\u0434\u043c\u0438\u043d'],
    ['admin', 'adm1n'],
    ['\u4f60\u597d', '\u4f60'],
    ['\u{1f600}', '\u{1f601}'],
  ];
  for (const [one, other] of different) {
    it(`keeps ${one} and ${other} apart`, () => {
      expect(usernameKey(one)).to.not.equal(usernameKey(other));
    });
  }

  it('compares addresses without case, and only without case', () => {
    expect(emailKey('Ann@Example.ORG')).to.equal('ann@example.org');
    expect(emailKey('ann@exampl\u0435.org')).to.not.equal(emailKey('ann@example.org'));
    expect(emailKey('j\u00f6rg@example.org')).to.not.equal(emailKey('jorg@example.org'));
  });

  it('fits its column whatever the characters decompose into, and still tells names apart', () => {
    const long = '\ufdfa'.repeat(50);
    expect(Buffer.byteLength(usernameKey(long))).to.be.at.most(255);
    expect(usernameKey(long)).to.not.equal(usernameKey(`${long}x`));
    expect(usernameKey(long)).to.equal(usernameKey(`${long}\u200b`));
  });

  const anyText = fc.string({ unit: 'binary', maxLength: 60 });

  it('gives a key of a key that is the key itself, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const key = usernameKey(text);
        expect(usernameKey(key)).to.equal(key);
      }),
      { numRuns: 2_000, verbose: 1 },
    );
  });

  it('takes a capital sharp s for the two letters that it stands for', () => {
    for (const text of ['STRA\u1e9eE', 'Stra\u00dfe', 'STRASSE']) expect(usernameKey(text)).to.equal('strasse');
  });

  it('does not depend on case or composition, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const key = usernameKey(text);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(usernameKey(text.normalize(form))).to.equal(key);
        expect(usernameKey(text.toUpperCase())).to.equal(key);
        expect(usernameKey(text.toLowerCase())).to.equal(key);
      }),
      { numRuns: 2_000, verbose: 1 },
    );
  });

  it('searches without regard to case and width, but with accents', () => {
    expect(searchText('\uff21nn\u200bA')).to.equal('anna');
    expect(searchText('Jose\u0301')).to.equal(searchText('JOS\u00c9')).and.not.equal(searchText('jose'));
    expect(searchText('100%_\\')).to.equal('100%_\\');
    expect(searchText('\u200b')).to.equal('');
  });
});
