import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import { AppError } from '../domain/errors.js';
import type { Clock } from '../ports/clock.js';
import type { PasswordHasher, HashTurn } from '../ports/password-hasher.js';
import {
  dummyPassword,
  formsOf,
  ourValue,
  parseStored,
  shorten,
  storedForm,
  type StoredPassword,
} from './stored-password.js';
import { createWorkQueue } from './work-queue.js';

export interface PasswordHasherOptions {
  /** Logarithm of the rounds: one more doubles the time (12 is about 0.25 s of one core). */
  readonly cost: number;
  /** Hashes at once; by default one per core, and one libuv thread of four stays free for files and DNS. */
  readonly concurrency?: number;
  /** How long a hash may wait, and how many may, however short they are: see work-queue.ts. */
  readonly maxWaitMs?: number;
  readonly maxWaiting?: number;
  readonly clock?: Clock;
}

/** Of one hash at cost 0, until some were measured: 0.25 s at cost 12. */
const MS_AT_COST_0 = 0.06;
const TIME: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NOBODY: HashTurn = { network: '', account: null, known: false };
const NO = { ok: false, needsRehash: false };

/** Hashes on libuv's threads, never on the event loop. See stored-password.ts for what is stored. */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { cost, concurrency = Math.min(availableParallelism(), 3), maxWaitMs, maxWaiting, clock = TIME } = options;
  const bounds = { places: concurrency, expectedMs: MS_AT_COST_0 * 2 ** cost, clock, maxWaitMs, maxWaiting };
  const queue = createWorkQueue(bounds);
  /** For those who only have to be kept as long as if something were hashed: they take no place from others. */
  const pretended = createWorkQueue(bounds);
  const dummy = dummyPassword(cost);

  return {
    async hash(password, turn = NOBODY) {
      if (!isWellFormed(password)) throw new AppError('validation_failed');
      return await queue.run(turn, async () => ourValue(await bcrypt.hash(shorten(storedForm(password)), cost)));
    },

    async verify(password, stored, turn = NOBODY) {
      const known = stored === null || !isWellFormed(password) ? null : parseStored(stored);
      return await queue.run(turn, async () => {
        let verdict: typeof NO | null = null;
        try {
          return (verdict = await examine(password, known));
        } finally {
          turn.end?.(verdict?.ok ?? null);
        }
      });
    },

    async pretend(password, turn) {
      await pretended.run(turn, async () => void (await sleep(queue.taskMs() * formsOf(password).length)));
    },
  };

  /**
   * A wrong password is compared in each of its forms, so that what it costs depends on the password alone: not on how
   * the value was made, and not on whether there is one.
   */
  async function examine(password: string, known: StoredPassword | null): Promise<typeof NO> {
    const forms = formsOf(password);
    for (const form of forms) {
      if (known === null) await matches(form, dummy);
      else if (await verifyKnown(form, known)) {
        const isCurrent = known.scheme === 'ours' && known.cost === cost && form === storedForm(password);
        return { ok: true, needsRehash: !isCurrent };
      }
    }
    return NO;
  }

  async function verifyKnown(password: string, known: StoredPassword): Promise<boolean> {
    // bcrypt repeats its key with a NUL between: to a plain value "a" and "a\0a" are one password.
    const ambiguous = known.scheme === 'plain' && password.includes('\0');
    if ((await matches(password, known)) && !ambiguous) return true;
    // A cheaper value answers sooner than the dummy and would tell that the user exists: 2^n + 2^n + 2^(n+1) ... = 2^cost.
    for (let step = known.cost; step < cost; step += 1) await matches(password, dummyPassword(step));
    return false;
  }

  async function matches(password: string, { scheme, hash }: StoredPassword): Promise<boolean> {
    return await bcrypt.compare(scheme === 'ours' ? shorten(password) : password, hash);
  }
}

/** Unpaired surrogates become the same replacement bytes in UTF-8, so two such passwords could not be told apart. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
