import { basename } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { parse, sourceFiles, walk, type SourceFile } from './source-files.js';

const MOST_LINES = 250;
const MEDIAN_LINES = 80;

const src = sourceFiles('src');
const all = [...src, ...sourceFiles('schema'), ...sourceFiles('test')];
const linesOf = ({ text }: SourceFile): number => text.split('\n').length - 1;

/** Files that hold a node of this kind. */
function holding(files: readonly SourceFile[], matches: (node: ts.Node) => boolean): string[] {
  return files
    .filter((file) => {
      let found = false;
      walk(parse(file), (node) => (found ||= matches(node)));
      return found;
    })
    .map(({ path }) => path);
}

/** `process.env`, `process['env']`, `{ env } = process`, `globalThis.process`, and what imports it under another name. */
function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && node.expression.getText() === 'process';
  if (ts.isElementAccessExpression(node)) return node.expression.getText() === 'process';
  if (ts.isVariableDeclaration(node)) return node.initializer?.getText() === 'process';
  return ts.isStringLiteral(node) && ['node:process', 'process'].includes(node.text);
}

function writesToConsole(node: ts.Node): boolean {
  if (ts.isStringLiteral(node)) return ['node:console', 'console'].includes(node.text);
  return ts.isIdentifier(node) && node.text === 'console';
}

/** Of declarations; a file that passes on another's names has none of its own. */
function exportedNames(file: SourceFile): readonly string[] {
  return parse(file).statements.flatMap((statement) => {
    if (!ts.canHaveModifiers(statement)) return [];
    const isExported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    const { name } = statement as ts.DeclarationStatement;
    return name === undefined ? [] : [name.text];
  });
}

describe('files', () => {
  it(`no file of src is longer than ${MOST_LINES} lines, and half are shorter than ${MEDIAN_LINES}`, () => {
    const long = src.filter((file) => linesOf(file) > MOST_LINES).map((file) => `${file.path}: ${linesOf(file)}`);
    expect(long).to.deep.equal([]);
    const lengths = src.map(linesOf).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).to.be.below(MEDIAN_LINES);
  });

  it('a name is exported by one file only', () => {
    const homes = new Map<string, string[]>();
    for (const file of src)
      for (const name of exportedNames(file)) homes.set(name, [...(homes.get(name) ?? []), file.path]);
    const shared = [...homes]
      .filter(([, paths]) => paths.length > 1)
      .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
    expect(shared).to.deep.equal([]);
    expect(homes.size).to.be.above(500);
  });

  it('a new kind of durable change is named in few places', () => {
    const places = src.flatMap(({ text }) => text.match(/participant_updated/g) ?? []);
    expect(places.length).to.be.within(1, 6);
  });

  it('have names in kebab-case', () => {
    const wrong = all
      .map(({ path }) => path)
      .filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(basename(path)));
    expect(wrong).to.deep.equal([]);
  });

  it('only config/env.ts reads the environment', () => {
    expect(holding(src, readsEnvironment)).to.deep.equal(['src/config/env.ts']);
  });

  it('nothing writes to the console: the log is telemetry/logger.ts', () => {
    expect(holding(src, writesToConsole)).to.deep.equal([]);
    const planted = { path: 'planted.ts', text: 'const log = console.log; log(1);', imports: [] };
    expect(holding([planted], writesToConsole)).to.deep.equal(['planted.ts']);
  });

  it('export by name', () => {
    const byDefault = (node: ts.Node): boolean =>
      ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword;
    const inSwitch = (node: ts.Node): boolean => ts.isDefaultClause(node);
    const ours = src.filter(({ path }) => !path.endsWith('.d.ts'));
    const wrong = holding(ours, (node) => byDefault(node) && !inSwitch(node.parent));
    expect(wrong).to.deep.equal([]);
  });

  it('have no holes in types or lint, and no test that is skipped or alone', () => {
    const holes = new RegExp(
      ['@ts-' + '(ignore|nocheck|expect-error)', 'eslint-' + 'disable', '\\bas any\\b'].join('|'),
    );
    expect(all.filter(({ text }) => holes.test(text)).map(({ path }) => path)).to.deep.equal([]);
    const idle = (node: ts.Node): boolean =>
      ts.isPropertyAccessExpression(node) &&
      ['skip', 'only'].includes(node.name.text) &&
      ['it', 'describe', 'context', 'this'].includes(node.expression.getText());
    expect(holding(all, idle)).to.deep.equal([]);
  });
});
