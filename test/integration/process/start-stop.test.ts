import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runProcess, type Run } from './run.js';

const isListening = (event: Readonly<Record<string, unknown>>): boolean => typeof event['url'] === 'string';

describe('the server process', function () {
  this.timeout(60_000);
  let directory: string;
  const runs: Run[] = [];
  const peers: Socket[] = [];
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'parley-process-'))));
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.destroy();
    await Promise.all(runs.splice(0).map((run) => run.dispose()));
    rmSync(directory, { recursive: true });
  });

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<{ run: Run; url: string }> {
    const run = runProcess({ file: 'src/main.ts' }, directory, { PORT: '0', ...settings });
    runs.push(run);
    const { url } = await run.event(isListening);
    return { run, url: String(url) };
  }

  /** A registration whose password is being hashed for a second: a graceful stop answers it first. */
  async function hold(run: Run, url: string): Promise<void> {
    const peer = connect(Number(new URL(url).port), '127.0.0.1');
    peer.on('error', () => undefined);
    peers.push(peer);
    await once(peer, 'connect');
    const account = JSON.stringify({ username: 'ann', email: 'ann@example.org', password: 'a long enough one' });
    const head = `POST /api/v1/users/register HTTP/1.1\r\nHost: parley\r\nContent-Type: application/json`;
    peer.write(`${head}\r\nContent-Length: ${account.length}\r\n\r\n${account}`);
    // Who comes behind it on a connection of their own has been answered: the server has it.
    expect((await fetch(url)).status).to.equal(200);
    run.child.kill('SIGTERM');
    await run.event(({ msg }) => msg === 'stopping');
  }

  it('needs no settings, says where it is and what it uses, and stops on SIGTERM', async () => {
    const { run, url } = await start();
    const listening = run.events().find(isListening);
    expect(listening).to.include({ docs: 'docs/PROTOCOL.md', dataDir: join(directory, 'data') });
    expect(listening?.['storage']).to.match(/^embedded SQLite/);
    expect((await fetch(url)).status).to.equal(200);
    expect(statSync(join(directory, 'data', 'secret-key')).mode & 0o777).to.equal(0o600);
    const before = performance.now();
    run.child.kill('SIGTERM');
    expect(await run.exit()).to.equal(0);
    expect(performance.now() - before).to.be.below(10_000);
    expect(run.events().at(-1)).to.include({ msg: 'stopped' });
  });

  it('ends at once with a second signal', async () => {
    const { run, url } = await start({ BCRYPT_COST: '14' });
    await hold(run, url);
    const before = performance.now();
    run.child.kill('SIGTERM');
    expect(await run.exit()).to.equal(143);
    // Node itself still waits for the hash, which takes about a second.
    expect(performance.now() - before).to.be.below(5_000);
    expect(run.events().some(({ msg }) => msg === 'stopped')).to.equal(false);
  });

  it('takes Ctrl+C that npm passes on as well for one', async () => {
    const { run } = await start();
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    expect(await run.exit()).to.equal(0);
  });

  it('a second process on the same data is refused and told who is there', async () => {
    const { run } = await start();
    const second = runProcess({ file: 'src/main.ts' }, directory, { PORT: '0' });
    runs.push(second);
    expect(await second.exit()).to.equal(1);
    expect(second.output()).to.contain(String(run.child.pid)).and.not.to.contain('    at ');
  });

  it('the schema can be made beforehand, and a second time changes nothing', async () => {
    const statements: unknown[] = [];
    for (const _round of [1, 2]) {
      const run = runProcess({ file: 'src/migrate.ts' }, directory);
      runs.push(run);
      expect(await run.exit()).to.equal(0);
      statements.push(run.events().at(-1)?.['statements']);
    }
    expect(statements[0]).to.be.above(5);
    expect(statements[1]).to.equal(0);
  });

  for (const level of ['info', 'silent']) {
    it(`ends with 1 and without the values when a bug is not caught, with LOG_LEVEL=${level}`, async () => {
      const script = `
        import { exitOnBugs } from '${new URL('../../../src/entry.ts', import.meta.url).href}';
        import { createLogger } from '${new URL('../../../src/telemetry/logger.ts', import.meta.url).href}';
        exitOnBugs(createLogger({ level: '${level}', format: 'json' }));
        setInterval(() => undefined, 1_000);
        void Promise.reject(new Error('planted'));
      `;
      const run = runProcess({ script }, directory);
      runs.push(run);
      expect(await run.exit()).to.equal(1);
      if (level === 'silent')
        expect(run.output()).to.match(/^an error was not handled, exiting \{.*unhandledRejection/);
      else {
        expect(run.events()).to.have.lengthOf(1);
        expect(run.events()[0]).to.include({ level: 'error', origin: 'unhandledRejection' });
      }
      expect(run.output()).not.to.contain('planted');
    });
  }
});
