import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { SETTING_NAMES } from '../../src/config/names.js';
import { blocksOf, pages, proseOf, read, rowsOf } from './pages.js';

const names: readonly string[] = SETTING_NAMES;
const NOT_SETTINGS =
  /^(?:PARLEY_(?:TEST|FAULTS|SIMULATION)_|(?:MYSQL_ROOT_PASSWORD|MYSQL_HOSTNAME|MONGO_URL|SECRET_KEY_FILE|PORT_HTTP|GET_LOCK|NODE_OPTIONS|AFTER_SYNC|NO_BACKSLASH_ESCAPES)$)/;

describe('README.md', () => {
  const rows = rowsOf('README.md').filter(([first = '']) => /^`[A-Z][A-Z_]+`/.test(first));

  it('lists settings that exist, with their defaults where .env.example states one', () => {
    const example = parseEnv(readFileSync('.env.example', 'utf8'));
    expect(rows.length).to.be.greaterThan(5);
    for (const [cell = '', defaults = ''] of rows) {
      const settings = codesIn(cell);
      const values = codesIn(defaults);
      expect(names, cell).to.include.members(settings);
      settings.forEach((name, index) => {
        const real = example[name];
        if (real === undefined || real === '' || name === 'LOG_LEVEL') return;
        expect(values[index], name).to.equal(real);
      });
    }
  });

  it('says of no setting without a default that it has one, but for the level of the log', () => {
    const example = parseEnv(readFileSync('.env.example', 'utf8'));
    for (const [cell = '', defaults = ''] of rows) {
      const [name = ''] = codesIn(cell);
      if (example[name] === '' && name !== 'LOG_LEVEL') expect(codesIn(defaults), name).to.deep.equal([]);
    }
  });
});

describe('the pages', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

  for (const page of pages()) {
    it(`${page}: commands exist`, () => {
      const text = read(page);
      const run = Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, name]) => name);
      const short = Array.from(text.matchAll(/\bnpm (start|test)\b/g), ([, name]) => name);
      expect(Object.keys(scripts), page).to.include.members([...run, ...short]);
    });

    it(`${page}: links lead somewhere`, () => {
      for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        expect(existsSync(file), `${page} → ${target}`).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(file), `${page} → ${target}`).to.include(anchor);
      }
    });

    it(`${page}: files it names exist`, () => {
      const text = read(page);
      const roots = Array.from(
        text.matchAll(/(?<!dist\/)\b(?:src|test|schema|bench|scripts)\/[\w./-]*\w/g),
        ([path]) => path,
      );
      const listed = Array.from(
        text.matchAll(/`((?:config|http|protocol|services|stores|ws|domain|edge)\/[\w./-]*\w)`/g),
      );
      const paths = [...roots, ...listed.map(([, path = '']) => posix.join('src', path))];
      expect(paths.filter((path) => !existsSync(path))).to.deep.equal([]);
    });

    it(`${page}: settings it names exist`, () => {
      const named = Array.from(read(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g), ([, name = '']) => name);
      expect(named.filter((name) => !names.includes(name) && !NOT_SETTINGS.test(name))).to.deep.equal([]);
    });
  }

  it('examples of JSON are JSON', () => {
    const texts = pages().flatMap((page) => blocksOf(page).filter(({ language }) => language === 'json'));
    expect(texts.length).to.be.greaterThan(40);
    for (const { text } of texts) expect(() => JSON.parse(text) as unknown, text).not.to.throw();
  });
});

function codesIn(cell: string): readonly string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}

/** As GitHub names the headings of a page. */
function anchorsOf(path: string): readonly string[] {
  return Array.from(proseOf(path).matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
