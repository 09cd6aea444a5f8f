import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { SETTING_NAMES } from '../../src/config/names.js';
import { parseSettings } from '../../src/config/settings.js';
import { sourceFiles } from './source-files.js';

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
