import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import ts from 'typescript';
import { parse, sourceFiles, type SourceFile } from './source-files.js';

/** Tests run these in processes of their own, whose counts cannot be added to those of mocha's (`runProcess`). */
const IN_CHILD_PROCESSES = [
  'src/backup.ts',
  'src/demo.ts',
  'src/entry.ts',
  'src/main.ts',
  'src/migrate.ts',
  'src/verify.ts',
];

/** Nothing of it is left when it runs, so it is never loaded: it would count as not covered, line by line. */
function isTypesAlone(file: SourceFile): boolean {
  return parse(file).statements.every(
    (statement) =>
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      (ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly),
  );
}

interface Config {
  readonly all: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

describe('coverage', () => {
  const config = JSON.parse(readFileSync('.c8rc.json', 'utf8')) as Config;

  it('counts every file of src, also those that no test imports', () => {
    expect(config).to.deep.include({ all: true, include: ['src/**/*.ts'] });
  });

  it('leaves out the commands, which run in processes of their own, and files of types alone', () => {
    const typesAlone = sourceFiles('src')
      .filter(isTypesAlone)
      .map(({ path }) => path);
    expect(config.exclude).to.have.members([...IN_CHILD_PROCESSES, ...typesAlone]);
  });
});
