import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockDataDir } from '../../src/stores/data-dir.js';

const MODULE = new URL('../../src/stores/data-dir.ts', import.meta.url).href;

describe('the lock of the data directory', () => {
  let parent = '';
  let folder = '';
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'parley-data-'));
    folder = join(parent, 'a data #dir?');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(parent, { recursive: true, force: true });
  });

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** A process that takes the lock, says so, and lives until it is killed. */
  async function otherProcess(): Promise<{ child: ChildProcess; said: string }> {
    const script = `
      import(${JSON.stringify(MODULE)})
        .then(({ lockDataDir }) => lockDataDir(process.env.FOLDER))
        .then(() => { console.log('locked'); setInterval(() => {}, 60_000); }, (error) => { console.log(error.message); });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      env: { ...process.env, FOLDER: folder, NODE_V8_COVERAGE: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, said: said.toString() };
  }

  async function refusal(): Promise<string> {
    try {
      const lock = await lockDataDir(folder);
      await lock.release();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return '';
  }

  it('is held until it is released, also against the same process', async () => {
    const lock = await lockDataDir(folder);
    expect(await refusal())
      .to.include(`pid ${process.pid}`)
      .and.include(folder);
    await lock.release();
    await lock.release();
    expect(await refusal()).to.equal('');
    expect(existsSync(join(folder, 'parley.pid'))).to.equal(false);
  });

  it('refuses a second process, naming the pid of the first', async () => {
    const lock = await lockDataDir(folder);
    const { said } = await otherProcess();
    expect(said).to.include(`pid ${process.pid}`);
    await lock.release();
  });

  it('is not given up to others by a second try of its own process', async () => {
    const lock = await lockDataDir(folder);
    expect(await refusal()).to.include('in use');
    expect((await otherProcess()).said).to.include(`pid ${process.pid}`);
    await lock.release();
  });

  it('ends with a process that is killed, whatever it leaves behind', async () => {
    const { child, said } = await otherProcess();
    expect(said.trim()).to.equal('locked');
    expect(await refusal()).to.include(`pid ${child.pid}`);
    await kill(child);
    expect(existsSync(join(folder, 'parley.pid'))).to.equal(true);
    expect(await refusal()).to.equal('');
  });

  it('goes to exactly one of many that ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(folder)));
    const granted = asked.filter((each) => each.status === 'fulfilled');
    expect(granted).to.have.length(1);
    for (const each of granted) await each.value.release();
  });
});
