import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '../../helpers/servers/wait-until.js';

const run = promisify(execFile);

/** Enough for any database of a test. */
const ROOMY = '2g';

/** A file system of its own in memory, which can be made full and roomy again. Only root may mount one. */
export class SmallDisk {
  private constructor(
    readonly folder: string,
    private readonly isOurs: boolean,
  ) {}

  /** Whether this process may mount: root of a machine may, that of a container often not. */
  static isPossible(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'parley-mount-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'parley-test', folder]).status === 0;
    if (mounted) spawnSync('umount', [folder]);
    rmdirSync(folder);
    return mounted;
  }

  /** Over an existing empty folder, or a new one. */
  static async mount(existing?: string): Promise<SmallDisk> {
    const folder = existing ?? (await mkdtemp(join(tmpdir(), 'parley-disk-')));
    const disk = new SmallDisk(folder, existing === undefined);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${ROOMY},mode=1777`, 'parley-test', folder]);
      return disk;
    } catch (error) {
      await disk.#remove();
      throw new Error('a full disk can only be had where a tmpfs may be mounted', { cause: error });
    }
  }

  /** Leaves so much room to what is there now. */
  async leave(bytes: number): Promise<void> {
    await waitUntil(async () => this.#resize(String((await this.used()) + bytes)), {
      // A size below what is there by the time it is asked for is refused, and writers go on meanwhile.
      what: 'the disk is resized before more is written to it',
      deadlineMs: 20_000,
      everyMs: 10,
    });
  }

  grow(): Promise<void> {
    return this.#resize(ROOMY);
  }

  async used(): Promise<number> {
    const { blocks, bfree, bsize } = await statfs(this.folder);
    return (blocks - bfree) * bsize;
  }

  /** With all that is on it. */
  async unmount(): Promise<void> {
    // Lazily: a server that is being killed may still hold a file for a moment.
    await run('umount', ['--lazy', this.folder]);
    await this.#remove();
  }

  async #remove(): Promise<void> {
    if (this.isOurs) await rmdir(this.folder);
  }

  async #resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }
}
