import { mintedAt } from '../../../domain/body-id.js';
import type { BodyStanding } from '../../../ports/body-references.js';
import type { ListedBody } from '../../../ports/body-store.js';
import { NO_FAILPOINTS } from '../../../ports/failpoints.js';
import { sweepBatch } from '../sweep-batch.js';
import { unlessStuck } from '../unless-stuck.js';
import { hexOf, type VerifyContext } from './context.js';

const BATCH = 500;

export interface CheckedBodies {
  readonly checked: number;
  /** Unnamed and too young to be called orphans: perhaps about to be committed. */
  readonly pending: number;
  /** Could not be judged, because their chat's lock was not to be had. */
  readonly undecided: number;
}

/** From bodies to rows: what nothing names, and what should be gone. */
export async function checkBodies(context: VerifyContext): Promise<CheckedBodies> {
  const { bodies, references, findings, onProgress } = context;
  let checked = 0;
  let pending = 0;
  let undecided = 0;
  for (let after: Uint8Array | null = null; ;) {
    const { bodies: listed, malformed, next } = await bodies.walk(after, BATCH);
    if (malformed > 0) findings.note('malformed_bodies', {}, malformed);
    const now = await references.now();
    const standings = await references.examine(listed);
    const suspects = listed.filter((_, index) => standings[index] !== 'named');
    if (suspects.length > 0) {
      const confirmed = await confirm(context, suspects, now);
      pending += confirmed.pending;
      undecided += confirmed.undecided;
    }
    checked += listed.length;
    after = next;
    onProgress({ step: 'bodies', done: checked, share: next === null ? 1 : null });
    if (next === null) return { checked, pending, undecided };
  }
}

/** Looks again under the lock, and removes what may be removed where that is asked for. */
async function confirm(
  context: VerifyContext,
  suspects: readonly ListedBody[],
  now: Date,
): Promise<Omit<CheckedBodies, 'checked'>> {
  let pending = 0;
  const decided: ListedBody[] = [];
  for (const chatId of new Set(suspects.map((body) => body.chatId))) {
    const here = suspects.filter((body) => body.chatId === chatId);
    const locked = await unlessStuck(() => context.references.examineLocked(chatId, here));
    if (locked === null) continue;
    decided.push(...here);
    // Read after the look: the server's own workers may have removed some since they were listed.
    const present = await context.bodies.find(here.map((body) => body.id));
    for (const [index, body] of here.entries()) {
      const standing = locked.standings[index] ?? 'named';
      if (standing === 'named' || !present.has(hexOf(body.id))) continue;
      const kind = kindOf(body, standing, locked.now, context.orphanAfterMs);
      if (kind === 'pending') pending += 1;
      else context.findings.note(kind, { chatId, bodyId: hexOf(body.id) });
    }
  }
  if (context.repair) await remove(context, decided, now);
  return { pending, undecided: suspects.length - decided.length };
}

function kindOf(
  { id }: ListedBody,
  standing: Exclude<BodyStanding, 'named'>,
  now: Date,
  orphanAfterMs: number,
): 'erased_bodies_present' | 'malformed_bodies' | 'misnamed_bodies' | 'orphan_bodies' | 'pending' {
  if (standing === 'misnamed') return 'misnamed_bodies';
  if (standing === 'erased') return 'erased_bodies_present';
  const minted = mintedAt(id);
  if (minted === null) return 'malformed_bodies';
  return now.getTime() - minted < orphanAfterMs ? 'pending' : 'orphan_bodies';
}

/** By the sweeper's own steps: they decide again, under the lock, what is an orphan. */
async function remove(context: VerifyContext, suspects: readonly ListedBody[], now: Date): Promise<void> {
  const swept = await sweepBatch({ ...context, failpoints: NO_FAILPOINTS }, suspects, now);
  if (swept.kind === 'paused') return;
  context.findings.repaired('orphan_bodies', swept.orphans);
  context.findings.repaired('erased_bodies_present', swept.leftovers);
}
