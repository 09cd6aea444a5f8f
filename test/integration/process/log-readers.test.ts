import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../helpers/servers/free-port.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { startProcess } from './run.js';

/** Lines of a kilobyte: twice what the log holds back, and the pipe besides. */
const LINES = 5_000;

describe('the reader of the log', function () {
  this.timeout(60_000);
  let directory: string;
  const files: number[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'parley-log-'))));
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child);
    for (const fd of files.splice(0)) closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  function open(path: string, flags: number): number {
    const fd = openSync(path, flags);
    files.push(fd);
    return fd;
  }

  /** A pipe with an end for the process, which waits as pipes do, and one for the test, which does not. */
  function makePipe(): { readonly forChild: number; readonly own: number } {
    const path = join(directory, 'log');
    execFileSync('mkfifo', [path]);
    const own = open(path, constants.O_RDWR | constants.O_NONBLOCK);
    return { forChild: open(path, constants.O_WRONLY), own };
  }

  /** So that the next write of anybody else has to wait. */
  function fill(fd: number): void {
    const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN';
    try {
      for (;;) writeSync(fd, 'x');
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  function readAll(fd: number): string {
    const buffer = Buffer.alloc(65_536);
    let text = '';
    try {
      for (let size = 1; size > 0;) {
        size = readSync(fd, buffer);
        text += buffer.toString('utf8', 0, size);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    return text;
  }

  async function startServer(stdout: number | 'pipe'): Promise<{ child: ChildProcess; url: string }> {
    const port = await freePort();
    const env = { PORT: String(port), LOG_LEVEL: 'debug' };
    const child = startProcess({ file: 'src/main.ts' }, directory, env, ['ignore', stdout, 'inherit']);
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    await waitUntil(() => expectAlive(url), { what: 'the server', deadlineMs: 40_000 });
    return { child, url };
  }

  async function expectAlive(url: string): Promise<void> {
    const answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) });
    await answer.text();
    expect(answer.status).to.equal(200);
  }

  /** Every request and every refusal is a line. */
  async function useAndStop({ child, url }: { child: ChildProcess; url: string }): Promise<void> {
    for (let count = 0; count < 20; count += 1) await expectAlive(url);
    expect((await fetch(`${url}/api/v1/users/me`)).status).to.equal(401);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).to.equal(0);
  }

  it('may be a full disk: the server serves and stops', async () => {
    await useAndStop(await startServer(open('/dev/full', constants.O_WRONLY)));
  });

  it('may stand still from the first line on: the server starts, serves and stops', async () => {
    const { forChild, own } = makePipe();
    fill(own);
    await useAndStop(await startServer(forChild));
  });

  it('may go away: the server serves and stops', async () => {
    const server = await startServer('pipe');
    server.child.stdout?.destroy();
    await useAndStop(server);
  });

  it('is told, when it reads again, how many lines it has missed, and gets whole lines in their order', async () => {
    const { forChild, own } = makePipe();
    const script = `
      import { createLogger } from '${new URL('../../../src/telemetry/logger.ts', import.meta.url).href}';
      const logger = createLogger({ level: 'info', format: 'json' });
      process.on('message', (text) => { logger.info({ text }, 'asked'); process.send('answered'); });
      let count = 0;
      const log = () => {
        for (let some = 0; some < 50; some += 1) logger.info({ count: count += 1, text: 'y'.repeat(1_000) }, 'line');
        if (count < ${LINES}) setImmediate(log);
        else process.send('logged');
      };
      log();
    `;
    const child = startProcess({ script }, directory, {}, ['ignore', forChild, 'inherit', 'ipc']);
    children.push(child);
    await once(child, 'message');

    let text = '';
    const isTold = (): Promise<void> => {
      text += readAll(own);
      return /"lost":\d+[^\n]*\n/.test(text) ? Promise.resolve() : Promise.reject(new Error('not yet'));
    };
    await waitUntil(isTold, { what: 'the count of lost lines', deadlineMs: 20_000 });
    child.send('still there?');
    await once(child, 'message');
    const isWhole = (): Promise<void> => {
      text += readAll(own);
      return text.endsWith('"msg":"asked"}\n') ? Promise.resolve() : Promise.reject(new Error('not yet'));
    };
    await waitUntil(isWhole, { what: 'the last line', deadlineMs: 20_000 });

    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const counts = lines.flatMap(({ count }) => (typeof count === 'number' ? [count] : []));
    const lost = lines.reduce((sum, line) => sum + (typeof line['lost'] === 'number' ? line['lost'] : 0), 0);
    expect(counts).to.deep.equal([...counts].sort((a, b) => a - b));
    expect(lost).to.be.above(1_000);
    expect(counts.length + lost).to.equal(LINES);
  });
});
