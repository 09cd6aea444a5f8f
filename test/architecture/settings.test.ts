import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { SETTING_NAMES } from '../../src/config/names.js';
import { parseSettings } from '../../src/config/settings.js';
import { rowsOf } from '../docs/pages.js';
import { sourceFiles } from './source-files.js';

/** Default, least and most of each setting that is a whole number, as the settings read it. */
function numbers(): ReadonlyMap<string, readonly [string, string, string]> {
  const code = sourceFiles('src/config')
    .map(({ text }) => text)
    .join('');
  const found = code.matchAll(/integer\('(\w+)', ([\d_]+), ([\d_]+), ([\d_]+)\)/g);
  const plain = (digits = ''): string => digits.replaceAll('_', '');
  return new Map(
    Array.from(found, ([, name = '', ...rest]) => [name, [plain(rest[0]), plain(rest[1]), plain(rest[2])]]),
  );
}

describe('docs/OPERATIONS.md', () => {
  it('has the range of every number', () => {
    const rows = rowsOf('docs/OPERATIONS.md').filter((cells) => cells.length === 4 && /^\d+$/.test(cells[3] ?? ''));
    const expected = Array.from(numbers(), ([name, [fallback, from, to]]) => {
      return [`\`${name}\``, name === 'HTTP_PORT' ? 'none' : fallback, from, to];
    });
    expect(expected).to.have.length.above(20);
    expect(rows).to.have.deep.members(expected);
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const example = parseEnv(text);

  it('lists every setting once, in order, and nothing else', () => {
    const names = Array.from(text.matchAll(/^([A-Z_]+)=/gm), ([, name]) => name);
    expect(names).to.deep.equal([...SETTING_NAMES]);
    expect(Object.keys(example)).to.have.members([...SETTING_NAMES]);
  });

  it('gives each setting a comment, its own or its group’s', () => {
    const lines = text.split('\n');
    const bare = lines.filter((line, index) => {
      if (!/^[A-Z_]+=/.test(line)) return false;
      let above = index - 1;
      while (/^[A-Z_]+=/.test(lines[above] ?? '')) above -= 1;
      return !/^# \S/.test(lines[above] ?? '');
    });
    expect(bare).to.deep.equal([]);
  });

  it('gives the range of each limit that cannot be off', () => {
    const [, limits = ''] = /^# --- Limits ([^]*?)^# --- Log/m.exec(text) ?? [];
    const bounded = Array.from(numbers()).filter(([name, [, from]]) => from !== '0' && limits.includes(`\n${name}=`));
    expect(bounded).to.have.lengthOf(5);
    for (const [name, [, from, to]] of bounded) expect(limits, name).to.contain(`${from} to ${to})`);
  });

  it('states the real defaults: copied as it is, it changes nothing', () => {
    expect(parseSettings(example)).to.deep.equal(parseSettings({}));
  });

  it('every name is read by the settings', () => {
    const source = sourceFiles('src/config')
      .filter(({ path }) => path !== 'src/config/names.ts')
      .map(({ text: code }) => code)
      .join('');
    expect(SETTING_NAMES.filter((name) => !source.includes(`'${name}'`))).to.deep.equal([]);
  });
});
