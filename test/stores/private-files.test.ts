import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStores, type StoreSet } from '../../src/stores/open-stores.js';
import { closeIfThere } from '../../src/stores/private-files.js';
import { systemClock } from '../../src/telemetry/clock.js';

describe('the files of embedded storage', () => {
  let parent = '';
  let folder = '';
  let warnings: string[] = [];

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'parley-private-'));
    folder = join(parent, 'data');
    warnings = [];
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const silent = (): void => undefined;
  const logger = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (_facts: object, message: string) => void warnings.push(message),
  };

  function open(): Promise<StoreSet> {
    const file = join(folder, 'parley.db');
    return openStores({ kind: 'embedded', dataDir: folder, file }, { clock: systemClock, logger });
  }

  async function modes(): Promise<Record<string, string>> {
    const names = ['.', ...(await readdir(folder))];
    const entries = names.map(async (name): Promise<[string, string]> => {
      const { mode } = await stat(join(folder, name));
      return [name, (mode & 0o777).toString(8)];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  async function modesWhileOpen(): Promise<Record<string, string>> {
    const stores = await open();
    await stores.users.create({ username: 'ann', email: 'ann@example.com', fullName: null, hashedPassword: 'x' });
    const found = await modes();
    await stores.close();
    return found;
  }

  const CLOSED = { '.': '700', 'parley.db': '600', 'parley.db-wal': '600', 'parley.db-shm': '600' };

  it('are made for their owner alone, whatever the umask', async () => {
    const before = process.umask(0o000);
    try {
      const found = await modesWhileOpen();
      expect(found).to.include({ ...CLOSED, 'parley.lock': '600', 'parley.pid': '600' });
      expect(Object.values(found).filter((mode) => mode !== '600' && mode !== '700')).to.deep.equal([]);
    } finally {
      process.umask(before);
    }
    expect(warnings).to.deep.equal([]);
  });

  it('are closed where they were open: directory, database, log and lock', async () => {
    await mkdir(folder);
    for (const name of ['parley.db', 'parley.db-wal', 'parley.db-shm', 'parley.lock', 'secret-key']) {
      await writeFile(join(folder, name), '');
      await chmod(join(folder, name), 0o644);
    }
    await chmod(folder, 0o755);
    expect(await modesWhileOpen()).to.include({ ...CLOSED, 'parley.lock': '600' });
    expect(warnings).to.deep.equal([]);
  });

  it("leave a directory that holds others' files as it is, and that is said", async () => {
    await mkdir(folder);
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'index.html'), '');
    const found = await modesWhileOpen();
    expect(found).to.include({ ...CLOSED, '.': '755' });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include(folder).and.include("not Parley's");
  });

  it('leave a directory that belongs to everybody as it is', async () => {
    await mkdir(folder);
    await chmod(folder, 0o1777);
    expect(await modesWhileOpen()).to.include({ ...CLOSED, '.': '777' });
    expect(warnings).to.have.length(1);
  });

  it('say so where they cannot be closed', async () => {
    // The kernel lets nobody, root included, change the mode of these.
    const [warning = 'none', ...others] = await closeIfThere('/proc/self/status');
    expect(others).to.deep.equal([]);
    expect(warning).to.equal('/proc/self/status cannot be closed to other users of this machine (EPERM)');
  });

  it('are not made by looking whether they are there', async () => {
    await mkdir(folder);
    expect(await closeIfThere(join(folder, 'nothing'))).to.deep.equal([]);
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
