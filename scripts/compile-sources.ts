import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FOLDERS = ['src', 'schema'];
/** What a test runs as a process beside the server itself. */
const PROGRAMS = [
  'crash/server',
  'crash/orders',
  'crash/statement-places',
  'held',
  'peers/server',
  'peers/measured',
].map((name) => `test/faults/${name}.ts`);

/**
 * Writes the sources as JavaScript into an empty folder, with all that they read, without looking at types. A process that is
 * started from there is up after about 0.7 s instead of 1.3 s, which counts where a hundred of them are started and killed.
 */
export function compileSources(folder: string): void {
  for (const name of FOLDERS) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith('.ts') });
  }
  for (const file of [...FOLDERS.flatMap(sourcesIn), ...PROGRAMS]) {
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, ts.transpile(readFileSync(join(ROOT, file), 'utf8'), COMPILER_OPTIONS));
  }
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
};

/** Below the root, as paths from there. */
function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}
