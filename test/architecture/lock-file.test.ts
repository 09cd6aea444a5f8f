import { readFileSync } from 'node:fs';
import { expect } from 'chai';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> };
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

/** As Node resolves: in the package's own node_modules, then in those of each package around it. */
function lockedFor(path: string, name: string): Entry | undefined {
  const parts = path.split('/node_modules/');
  for (let depth = parts.length; depth > 0; depth -= 1) {
    const entry = lock.packages[`${parts.slice(0, depth).join('/node_modules/')}/node_modules/${name}`];
    if (entry !== undefined) return entry;
  }
  return lock.packages[`node_modules/${name}`];
}

describe('package-lock.json', () => {
  const optional = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).map(([name, range]) => ({ path, name, range })),
  );

  it('holds the optional packages of every platform (scripts/complete-lock.mjs adds them)', () => {
    expect(optional.length).to.be.above(50);
    const missing = optional.filter(({ path, name, range }) => {
      const entry = lockedFor(path, name);
      return entry?.optional !== true || (/^\d/.test(range) && entry.version !== range);
    });
    expect(missing.map(({ path, name }) => `${path}: ${name}`)).to.deep.equal([]);
  });

  it('says of each native binary which platform it is for', () => {
    const natives = Object.entries(lock.packages).filter(
      ([path, entry]) => entry.optional === true && /\/(@uwsjs|@libsql|@esbuild)\//.test(path),
    );
    expect(natives.length).to.be.above(50);
    const vague = natives.filter(([path, { os, cpu }]) => {
      const [, system = '', processor = ''] = /\/([a-z0-9]+)-([a-z0-9]+)[^/]*$/.exec(path) ?? [];
      return os?.[0] !== system || cpu?.[0] !== processor;
    });
    expect(vague.map(([path]) => path)).to.deep.equal([]);
  });

  it('names no place to fetch from, and what package.json asks for', () => {
    expect(Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined)).to.deep.equal([]);
    for (const kind of ['dependencies', 'devDependencies', 'engines', 'version']) {
      expect((lock.packages[''] as Record<string, unknown>)[kind], kind).to.deep.equal(manifest[kind]);
    }
  });
});
