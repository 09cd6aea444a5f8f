import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { lookAlikes, moduleText, readConfusables, readNamedLetters } from '../../../scripts/look-alikes.js';
import { folded, withoutAccents } from '../../../src/domain/fold-text.js';
import { withoutLookAlikes } from '../../../src/domain/look-alikes.js';
import { usernameKey } from '../../../src/domain/user-keys.js';

describe('look-alikes', () => {
  const confusables = readConfusables();
  const named = readNamedLetters();
  const looks = lookAlikes(confusables, named);
  const inside = (text: string): string => usernameKey(`xy${text}zw`);
  const isAscii = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

  it('are what the script makes of the data', () => {
    expect(readFileSync('src/domain/look-alike-data.ts', 'utf8')).to.equal(moduleText(looks));
    expect(confusables).to.have.length(6_712);
  });

  it('give keys that look like nothing else, and stay when they are made again', () => {
    for (const [look, plain] of looks) {
      expect(withoutLookAlikes(withoutAccents(plain)), plain).to.equal(plain);
      expect(usernameKey(inside(look)), look).to.equal(inside(look));
    }
  });

  for (const [name, same] of [
    ['c\u2c9fntrol', 'control'],
    ['contr\u10ffl', 'control'],
    ['adm\ua647n', 'admin'],
    ['\u{1f170}dmin', 'admin'],
    ['c\u{10428}ntrol', 'control'],
    ['\u{1f150}\u{1f1e9}\u{1f13c}\u24d8\u{1f17d}', 'admin'],
    ['\u{1f197}_bob\u2776', 'ok_bob1'],
    ['adm\u0131n', 'admin'],
    ['\u0430\u0501\u043c\u0456\u043f', 'admin'],
  ] as const) {
    it(`takes ${name} for ${same}`, () => expect(usernameKey(name)).to.equal(usernameKey(same)));
  }

  it('leave characters of ASCII apart', () => {
    const characters = Array.from({ length: 0x7f - 0x21 }, (_, at) => String.fromCodePoint(0x21 + at));
    const keys = new Set(characters.filter((each) => each !== '`').map(inside));
    // 26 letters have two cases; the grave accent is an apostrophe.
    expect(keys.size).to.equal(characters.length - 26 - 1);
    expect(usernameKey('bob1')).to.not.equal(usernameKey('bobl'));
    expect(usernameKey('rnax')).to.not.equal(usernameKey('max'));
  });

  /**
   * Whatever Unicode says to look like ASCII has the key of an ASCII text, and nearly always of the very one. Not where
   * folding says which letter it is (a full-width 1 is 1, which Unicode takes for an l), and where a letter's other case
   * resembles another one: both cases are one name.
   */
  it('have the keys of what they look like', () => {
    const target = new Map(confusables.map(({ from, to }) => [from, to]));
    const ASCII_LOOKS: Readonly<Record<string, string>> = { rn: 'm', "''": '"' };
    const shown = (text: string): string => withoutAccents(ASCII_LOOKS[text.replace(/\p{M}/gu, '')] ?? text);
    let seen = 0;
    const others: string[] = [];
    for (const { from, to } of confusables) {
      if (isAscii(from) || /\p{M}/u.test(from) || !isAscii(shown(to))) continue;
      seen += 1;
      const key = inside(from);
      if (key === inside(shown(to))) continue;
      const cases = [from.toLowerCase(), from.toUpperCase(), folded(from, 'NFKD')];
      const looksOfCases = cases.map((each) => shown(target.get(each) ?? each));
      const spelled = Array.from(folded(from, 'NFKD').toUpperCase(), (each) => shown(target.get(each) ?? each)).join(
        '',
      );
      const allowed = [...looksOfCases, spelled, withoutAccents(from)].map(inside);
      if (!allowed.includes(key)) others.push(`${from} ${from.codePointAt(0)?.toString(16) ?? ''} ${key.slice(2, -2)}`);
    }
    expect(seen).to.be.above(1_500);
    expect(others).to.deep.equal([]);
  });

  it('include every letter that is squared, circled or small by its name', () => {
    expect(named).to.have.length.above(300);
    for (const { character, plain } of named) {
      if (/\p{Script=Latin}/u.test(character)) continue;
      expect(inside(character), character).to.equal(inside(plain));
    }
  });
});
