import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { runProcess, type Run } from './run.js';

describe('npm run demo', function () {
  this.timeout(60_000);
  let directory: string;
  const runs: Run[] = [];
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'parley-demo-'))));
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.dispose()));
    rmSync(directory, { recursive: true });
  });

  function demo(): Run {
    const run = runProcess({ file: 'src/demo.ts' }, directory, { PORT: '0', BCRYPT_COST: '4' });
    runs.push(run);
    return run;
  }

  async function lines(run: Run): Promise<string> {
    const what = 'the lines to paste';
    return waitUntil(
      () =>
        run.output().includes('users/login') ? Promise.resolve(run.output()) : Promise.reject(new Error('not yet')),
      { what, deadlineMs: 30_000 },
    );
  }

  it('prints lines that work, and refuses to fill the same database again', async () => {
    const first = demo();
    const printed = await lines(first);
    const history = /curl -s -H 'Authorization: (Bearer [^']+)' (\S+\/messages\/chat\/\d+)/.exec(printed);
    const answer = await fetch(history?.[2] ?? '', { headers: { authorization: history?.[1] ?? '' } });
    expect(answer.status).to.equal(200);
    expect(((await answer.json()) as { total: number }).total).to.equal(2);
    const login = /-d '(\{"username[^']+)' (\S+\/users\/login)/.exec(printed);
    const headers = { 'content-type': 'application/json' };
    const loggedIn = await fetch(login?.[2] ?? '', { method: 'POST', headers, body: login?.[1] ?? '' });
    expect(loggedIn.status).to.equal(200);
    expect(printed).to.match(/wscat -c 'ws:\/\/localhost:\d+\/api\/v1\/ws\/\d+\?token=/);
    first.child.kill('SIGTERM');
    expect(await first.exit()).to.equal(0);

    const second = demo();
    expect(await second.exit()).to.equal(1);
    expect(second.output()).to.contain('already holds accounts').and.to.contain('DATA_DIR');
  });
});
