import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';

/** What became of a piece of the log. */
export interface Written {
  /** Of the bytes given, from the front; the rest has to be given again. */
  readonly bytes: number;
  /** null: nothing to wait for. `full`: there is no room now. `failed`: the device refuses. `closed`: nobody reads, for ever. */
  readonly trouble: null | 'full' | 'failed' | 'closed';
}

/** Where a log is written. Nothing of it throws, and no call waits for a reader. */
export interface LogPort {
  /** One piece at a time: the next after `done`, which may be called at once. */
  write(bytes: Uint8Array, done: (written: Written) => void): void;
  /** Before the process ends, and only where no piece is under way: what can be written at once. */
  writeLast(bytes: Uint8Array): number;
}

/**
 * Chooses by what stands behind the file descriptor. Where a pipe or socket is full, libuv waits for room without holding
 * a thread. Files and devices are written at once: they have room or refuse.
 */
export function openLogPort(fd: number): LogPort {
  // As big integers: Node 20 keeps the others' memory, and once it says that a pipe was looked at, modules that are imported
  // later through a linked folder are loaded under two paths, each half (realpathSync in lib/fs.js).
  const found = fstatSync(fd, { bigint: true });
  if (found.isFIFO() || found.isSocket()) return streamPort(fd);
  return filePort(isatty(fd) ? withoutWaiting(fd) : fd);
}

/**
 * A terminal that was stopped by Ctrl+S takes nothing until Ctrl+Q, and a plain write to it would wait. Opened anew, the
 * mode is this process's own and not the shell's too.
 */
function withoutWaiting(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // No such folder on this platform: as other programs do, it waits for the terminal.
    return fd;
  }
}

function filePort(fd: number): LogPort {
  return {
    write: (bytes, done) => done(writeNow(fd, bytes)),
    writeLast: (bytes) => writeNow(fd, bytes).bytes,
  };
}

function writeNow(fd: number, bytes: Uint8Array): Written {
  let written = 0;
  try {
    while (written < bytes.byteLength) written += writeSync(fd, bytes, written);
    return { bytes: written, trouble: null };
  } catch (error) {
    return { bytes: written, trouble: troubleOf(error) };
  }
}

function troubleOf(error: unknown): 'full' | 'failed' | 'closed' {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EAGAIN') return 'full';
  return code === 'EPIPE' || code === 'EBADF' ? 'closed' : 'failed';
}

function streamPort(fd: number): LogPort {
  const socket = new Socket({ fd, readable: false, writable: true });
  let isClosed = false;
  let waiting: ((written: Written) => void) | null = null;
  const answer = (written: Written): void => {
    const done = waiting;
    waiting = null;
    done?.(written);
  };
  // The reader has gone. What it had not taken is lost, however much that is.
  const close = (): void => {
    isClosed = true;
    answer({ bytes: 0, trouble: 'closed' });
  };
  socket.on('error', close);
  socket.on('close', close);
  // The log keeps no process alive.
  socket.unref();
  return {
    write(bytes, done) {
      if (isClosed) return done({ bytes: 0, trouble: 'closed' });
      // At once where there is room, as nearly always: a process that ends right after loses nothing.
      const now = writeNow(fd, bytes);
      if (now.trouble !== 'full') return done(now);
      waiting = done;
      socket.write(bytes.subarray(now.bytes), (error) => {
        if (error === null || error === undefined) answer({ bytes: bytes.byteLength, trouble: null });
      });
    },
    // libuv has made the descriptor one that does not wait.
    writeLast: (bytes) => (isClosed ? 0 : writeNow(fd, bytes).bytes),
  };
}
