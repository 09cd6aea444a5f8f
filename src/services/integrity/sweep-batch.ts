import { mintedAt } from '../../domain/body-id.js';
import type { BodyReferences } from '../../ports/body-references.js';
import type { BodyStore, ListedBody } from '../../ports/body-store.js';
import type { Failpoints } from '../../ports/failpoints.js';
import type { Leases } from '../../ports/leases.js';
import { unlessStuck } from './unless-stuck.js';

export interface SweepBatchDeps {
  readonly bodies: Pick<BodyStore, 'delete'>;
  readonly references: BodyReferences;
  readonly leases: Pick<Leases, 'heldUntil'>;
  readonly failpoints: Failpoints;
  /** Age from which an unnamed body is an orphan. */
  readonly orphanAfterMs: number;
}

/** `paused`: a backup began, nothing was removed. */
export type SweptBatch =
  | {
      readonly kind: 'swept';
      readonly orphans: number;
      readonly leftovers: number;
      /** Could not be decided on, because their chat's lock was not to be had; left to the next pass. */
      readonly undecided: number;
    }
  | { readonly kind: 'paused' };

/**
 * Removes the orphans among listed bodies.
 *
 *   1. look    Without a lock, most bodies turn out to be named.
 *   2. lock    Chat by chat the rest is looked at again while nobody can commit, and its age is told by the database's
 *              clock as it is under the lock. A committer that comes later reads a later time there, and gives up.
 *   3. delete  Without the lock: a slow body store holds up nobody. What was decided cannot become wrong meanwhile.
 *
 * Leftovers are bodies that were filed and taken for erased, and are there again, as after a restore or a write that
 * landed late. They hold what someone deleted; no lock is needed, because nothing ever names them again.
 */
export async function sweepBatch(deps: SweepBatchDeps, listed: readonly ListedBody[], now: Date): Promise<SweptBatch> {
  const { bodies, references, leases, failpoints } = deps;
  const old = listed.filter((body) => isOlder(body, now, deps.orphanAfterMs));
  const standings = await references.examine(old);
  const leftovers = old.filter((_, index) => standings[index] === 'erased');
  const orphans: ListedBody[] = [];
  let undecided = 0;
  for (const [chatId, candidates] of byChat(old.filter((_, index) => standings[index] === 'unnamed'))) {
    await failpoints.hit('sweep.before_lock');
    const locked = await unlessStuck(() => references.examineLocked(chatId, candidates));
    if (locked === null) undecided += candidates.length;
    const lost = candidates.filter((_, index) => locked?.standings[index] === 'unnamed');
    orphans.push(...lost.filter((body) => isOlder(body, locked?.now ?? now, deps.orphanAfterMs)));
  }
  const doomed = [...orphans, ...leftovers].map((body) => body.id);
  if (doomed.length > 0) {
    if ((await leases.heldUntil('backup')) !== null) return { kind: 'paused' };
    await failpoints.hit('sweep.before_delete');
    await bodies.delete(doomed);
    await failpoints.hit('sweep.after_delete');
  }
  return { kind: 'swept', orphans: orphans.length, leftovers: leftovers.length, undecided };
}

/** Ids that Parley does not make tell no age, so they are never old enough. */
function isOlder({ id }: ListedBody, now: Date, ageMs: number): boolean {
  const minted = mintedAt(id);
  return minted !== null && now.getTime() - minted >= ageMs;
}

function byChat(bodies: readonly ListedBody[]): ReadonlyMap<number, readonly ListedBody[]> {
  const chats = new Map<number, ListedBody[]>();
  for (const body of bodies) {
    const known = chats.get(body.chatId);
    if (known === undefined) chats.set(body.chatId, [body]);
    else known.push(body);
  }
  return chats;
}
