import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { AppError } from '../domain/errors.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import { createWorkQueue } from './work-queue.js';
import { dummyPassword, ourValue, parseStored, shorten, type StoredPassword } from './stored-password.js';

export interface PasswordHasherOptions {
  /** Logarithm of the rounds: one more doubles the time (12 is about 0.25 s of one core). */
  readonly cost: number;
  /** Hashes at once; by default one per core, and one libuv thread of four stays free for files and DNS. */
  readonly concurrency?: number;
  /** Hashes that may wait; more are refused, so that nobody waits longer than a client does. */
  readonly maxWaiting?: number;
}

/** Hashes on libuv's threads, never on the event loop. See stored-password.ts for what is stored. */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { cost, concurrency = Math.min(availableParallelism(), 3), maxWaiting = 64 } = options;
  const queue = createWorkQueue(concurrency, maxWaiting);
  const dummy = dummyPassword(cost);

  async function matches(password: string, { scheme, hash }: StoredPassword): Promise<boolean> {
    return await bcrypt.compare(scheme === 'ours' ? shorten(password) : password, hash);
  }

  return {
    async hash(password) {
      if (!isWellFormed(password)) throw new AppError('validation_failed');
      return await queue.run(async () => ourValue(await bcrypt.hash(shorten(password), cost)));
    },

    async verify(password, stored) {
      const known = stored === null || !isWellFormed(password) ? null : parseStored(stored);
      return await queue.run(async () =>
        known === null ? await refuse(password) : await verifyKnown(password, known),
      );
    },
  };

  async function verifyKnown(password: string, known: StoredPassword): Promise<{ ok: boolean; needsRehash: boolean }> {
    const plain = known.scheme === 'plain';
    // bcrypt repeats its key with a NUL between: to a plain value "a" and "a\0a" are one password.
    const ambiguous = plain && password.includes('\0');
    const ok = (await matches(password, known)) && !ambiguous;
    if (ok) return { ok, needsRehash: plain || known.cost !== cost };
    // A cheaper value answers sooner than the dummy and would tell that the user exists: 2^n + 2^n + 2^(n+1) ... = 2^cost.
    for (let step = known.cost; step < cost; step += 1) await matches(password, dummyPassword(step));
    return { ok: false, needsRehash: false };
  }

  async function refuse(password: string): Promise<{ ok: boolean; needsRehash: boolean }> {
    await matches(password, dummy);
    return { ok: false, needsRehash: false };
  }
}

/** Unpaired surrogates become the same replacement bytes in UTF-8, so two such passwords could not be told apart. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
