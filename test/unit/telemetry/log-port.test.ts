import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import ts from 'typescript';

const PORT = new URL('../../../src/telemetry/log-port.ts', import.meta.url);
const PROGRAM = `import { openLogPort } from './log-port.mjs';
import './node_modules/linked/one.mjs';
openLogPort(1);
console.error(import.meta.resolve('linked'));`;

describe('the port of the log', function () {
  this.timeout(20_000);
  let folder: string;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'parley-log-port-')));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('opened on a pipe, lets modules be found that lie behind a linked folder', async () => {
    const real = join(folder, 'shared', 'linked');
    await mkdir(real, { recursive: true });
    await writeFile(join(real, 'package.json'), JSON.stringify({ name: 'linked', main: './two.mjs', type: 'module' }));
    for (const name of ['one.mjs', 'two.mjs']) await writeFile(join(real, name), '');
    await symlink(join(folder, 'shared'), join(folder, 'node_modules'));
    const compiled = ts.transpile(await readFile(PORT, 'utf8'), {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
    });
    await writeFile(join(folder, 'log-port.mjs'), compiled);
    await writeFile(join(folder, 'main.mjs'), PROGRAM);
    // Its standard output is a pipe.
    const { stderr } = await promisify(execFile)(process.execPath, [join(folder, 'main.mjs')]);
    expect(stderr.trim()).to.equal(pathToFileURL(join(real, 'two.mjs')).href);
  });
});
