import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { expect } from 'chai';
import { packageOf, resolveImport, sourceFiles, type SourceFile } from './source-files.js';

const EVERYTHING = [
  'app',
  'brokers',
  'config',
  'domain',
  'edge',
  'http',
  'identity',
  'ports',
  'presenters',
  'protocol',
].concat(['schema', 'services', 'stores', 'telemetry', 'ws']);
const ADAPTER = ['ports', 'domain', 'protocol'];
const TRANSPORT = ['services', 'ports', 'presenters', 'domain', 'protocol'];

/** May import (besides itself): nothing else. A layer is a folder of src; the files beside app.ts are the commands. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  commands: EVERYTHING,
  app: EVERYTHING,
  http: TRANSPORT,
  ws: TRANSPORT,
  services: ['ports', 'domain', 'protocol'],
  presenters: ['domain', 'protocol'],
  ports: ['domain', 'protocol'],
  domain: ['protocol'],
  protocol: [],
  stores: [...ADAPTER, 'schema'],
  brokers: ADAPTER,
  edge: ADAPTER,
  identity: ADAPTER,
  telemetry: ADAPTER,
  config: [],
  schema: [],
};

/** Where a package may be imported; one that is not listed may not be imported at all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'uWebSockets.js': ['src/edge/'],
  ws: ['src/edge/'],
  koa: ['src/http/'],
  'koa-body': ['src/http/'],
  'koa-helmet': ['src/http/'],
  '@koa/cors': ['src/http/'],
  '@koa/router': ['src/http/'],
  'drizzle-orm': ['schema/', 'src/stores/'],
  'drizzle-kit': ['schema/'],
  mysql2: ['schema/', 'src/stores/'],
  '@libsql/client': ['schema/', 'src/stores/'],
  libsql: ['src/stores/sql/dialects/'],
  mongodb: ['src/stores/mongo/'],
  uuid: ['src/stores/'],
  bcrypt: ['src/identity/'],
  jsonwebtoken: ['src/identity/'],
  'rate-limiter-flexible': ['src/identity/'],
  pino: ['src/telemetry/'],
  'pino-pretty': ['src/telemetry/'],
  yup: ['src/protocol/', 'src/http/', 'src/ws/'],
  'ipaddr.js': ['src/domain/', 'src/edge/'],
};

/** The folders of `ws` and `stores/sql`, and what each of them may import of the others. */
const SQL_GROUND = ['stores/sql/ground'];
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'ws/hub': [],
  'ws/socket': [],
  'ws/feeds': ['ws/hub', 'ws/socket'],
  'ws/commands': ['ws/feeds', 'ws/hub', 'ws/socket'],
  'stores/sql/dialects': [],
  'stores/sql/migrations': ['stores/sql/dialects'],
  'stores/sql/ground': [],
  'stores/sql/users': SQL_GROUND,
  'stores/sql/chats': SQL_GROUND,
  'stores/sql/messages': SQL_GROUND,
  'stores/sql/changes': SQL_GROUND,
  'stores/sql/integrity': [...SQL_GROUND, 'stores/sql/changes'],
  'stores/sql/upgrades': [...SQL_GROUND, 'stores/sql/users'],
};

function layerOf(path: string): string {
  if (path.startsWith('schema/')) return 'schema';
  if (path === 'src/app.ts') return 'app';
  const [, folder = '', rest] = path.split('/');
  return rest === undefined ? 'commands' : folder;
}

const files = [...sourceFiles('src'), ...sourceFiles('schema')];
const isRelative = (specifier: string): boolean => specifier.startsWith('.');

function forbidden(verdict: (file: SourceFile, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((specifier) => verdict(file, specifier)).map((specifier) => `${file.path} -> ${specifier}`),
  );
}

describe('layers', () => {
  it('the rules speak of all there is', () => {
    expect(files.length).to.be.above(50);
    expect([...new Set(files.map(({ path }) => layerOf(path)))].filter((layer) => !(layer in ARROWS))).to.deep.equal(
      [],
    );
    expect(layerOf('src/http/routes/users.ts')).to.equal('http');
    expect(layerOf('src/main.ts')).to.equal('commands');
  });

  it('imports follow the arrows', () => {
    const wrong = forbidden((file, specifier) => {
      if (!isRelative(specifier)) return false;
      const from = layerOf(file.path);
      const to = layerOf(resolveImport(file, specifier));
      return from !== to && !ARROWS[from]?.includes(to);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('relative imports end in .js and name a file of the repository', () => {
    const wrong = forbidden((file, specifier) => {
      if (!isRelative(specifier)) return false;
      return !specifier.endsWith('.js') || !existsSync(resolveImport(file, specifier));
    });
    expect(wrong).to.deep.equal([]);
  });

  it("Node's own modules are imported with node:", () => {
    expect(forbidden((_file, specifier) => isBuiltin(specifier) && !specifier.startsWith('node:'))).to.deep.equal([]);
  });

  it('packages stay in their folders', () => {
    const wrong = forbidden((file, specifier) => {
      if (isRelative(specifier) || isBuiltin(specifier)) return false;
      return !PACKAGES[packageOf(specifier)]?.some((folder) => file.path.startsWith(folder));
    });
    expect(wrong).to.deep.equal([]);
  });

  it('no file reaches itself', () => {
    const targets = new Map(
      files.map((file) => [
        file.path,
        file.imports.filter(isRelative).map((specifier) => resolveImport(file, specifier)),
      ]),
    );
    expect(cyclesOf(targets)).to.deep.equal([]);
    expect(
      cyclesOf(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).to.deep.equal(['b -> c -> b']);
  });

  it('inside a folder, too, imports go one way: between its files and folders there is no circle', () => {
    const circles = [...neighboursOf([...files, ...sourceFiles('bench')])].flatMap(([folder, graph]) =>
      cyclesOf(graph).map((cycle) => `${folder}: ${cycle}`),
    );
    expect(circles).to.deep.equal([]);
    const [made] = neighboursOf([fileOf('src/a/b/c.ts', '../d.js'), fileOf('src/a/d.ts', './b/e.js')]);
    expect(made?.[0]).to.equal('src/a');
    expect(cyclesOf(made?.[1] ?? new Map())).to.deep.equal(['b -> d.ts -> b']);
  });

  it('nobody outside of the dialects asks which one it is', () => {
    const asking = files
      .filter(({ path }) => path.startsWith('src/stores/sql/') && !/\/(?:dialects|migrations)\//.test(path))
      .filter(({ text }) => /'(?:mysql|sqlite)'|words\.name|json_each|STRAIGHT_JOIN/.test(text));
    expect(asking.map(({ path }) => path)).to.deep.equal([]);
  });

  it('inside these folders the arrows are these', () => {
    const wrong = forbidden((file, specifier) => {
      if (!isRelative(specifier)) return false;
      const [from, to] = [roomOf(file.path), roomOf(resolveImport(file, specifier))];
      return from !== null && to !== null && from !== to && ROOMS[from]?.includes(to) === false;
    });
    expect(wrong).to.deep.equal([]);
    const rooms = new Set(files.map(({ path }) => roomOf(path)).filter((room) => room !== null));
    expect([...rooms].sort()).to.deep.equal(Object.keys(ROOMS).sort());
  });
});

/** null: not in one of those folders, or directly in `ws` or `stores/sql`. */
function roomOf(path: string): string | null {
  return /^src\/((?:ws|stores\/sql)\/[^/]+)\//.exec(path)?.[1] ?? null;
}

/** By folder: which of its files and folders import which of the others. */
function neighboursOf(all: readonly SourceFile[]): ReadonlyMap<string, Map<string, string[]>> {
  const folders = new Map<string, Map<string, string[]>>();
  for (const file of all) {
    for (const specifier of file.imports.filter(isRelative)) {
      const [from, to] = [file.path.split('/'), resolveImport(file, specifier).split('/')];
      const depth = from.findIndex((name, index) => name !== to[index]);
      const [source, target] = [from[depth], to[depth]];
      if (source === undefined || target === undefined) continue;
      const folder = from.slice(0, depth).join('/');
      const graph = folders.get(folder) ?? new Map<string, string[]>();
      folders.set(folder, graph.set(source, [...(graph.get(source) ?? []), target]));
    }
  }
  return folders;
}

function fileOf(path: string, ...imports: readonly string[]): SourceFile {
  return { path, text: '', imports };
}

/** Depth first; a target that is still on the path closes a cycle. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (node: string): void => {
    if (path.includes(node)) cycles.push([...path.slice(path.indexOf(node)), node].join(' -> '));
    if (done.has(node)) return;
    done.add(node);
    path.push(node);
    for (const target of graph.get(node) ?? []) visit(target);
    path.pop();
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}
