import { ORPHAN_AFTER_MS } from '../../../domain/body-id.js';
import type { EraseWorker } from '../erase-worker.js';
import { checkBodies } from './check-bodies.js';
import { checkChats } from './check-chats.js';
import { checkMessages } from './check-messages.js';
import type { Progress, VerifyContext, VerifyDeps } from './context.js';
import { createFindings, type Finding } from './findings.js';
import { PROBLEMS, type ProblemKind } from './problems.js';

export interface VerifyOptions {
  /** Mend what can be mended without losing anything; the rest is reported as it is. */
  readonly repair: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** For tests: the age from which an unnamed body is an orphan. */
  readonly orphanAfterMs?: number;
}

export interface VerifyReport {
  /** Nothing is wrong any more: no problem was found, or all of them were mended; and nothing is undecided. */
  readonly clean: boolean;
  readonly checked: { readonly chats: number; readonly messages: number; readonly bodies: number };
  /** Bodies too young to be called orphans; no problem. */
  readonly pendingBodies: number;
  /** Messages and bodies that could not be judged, because somebody kept their chat locked. */
  readonly undecided: number;
  /** A backup's lease pauses erasing and removing, here too; null: none is held. */
  readonly backupUntil: Date | null;
  readonly problems: Readonly<Record<ProblemKind, Finding>>;
}

/** A live server erases within a minute; what has waited longer was forgotten, or nobody runs. */
const OVERDUE_MS = 5 * 60_000;

/**
 * Compares metadata and bodies, in bounded memory and beside a running server: what is being written while it looks is
 * looked at again under the chat's lock before it is called a problem.
 */
export async function verify(
  deps: VerifyDeps & { readonly eraser: Pick<EraseWorker, 'runOnce'> },
  options: VerifyOptions,
): Promise<VerifyReport> {
  const findings = createFindings();
  const context: VerifyContext = {
    ...deps,
    findings,
    repair: options.repair,
    orphanAfterMs: options.orphanAfterMs ?? ORPHAN_AFTER_MS,
    onProgress: options.onProgress ?? (() => undefined),
  };
  const backupUntil = await deps.leases.heldUntil('backup');
  const chats = await checkChats(context);
  const messages = await checkMessages(context);
  const bodies = await checkBodies(context);
  // While its lease is held nothing is erased, and being overdue is as it should be.
  if (backupUntil === null) await checkOverdue(context, deps.eraser);
  const problems = findings.all();
  const undecided = messages.undecided + bodies.undecided;
  const kinds = Object.keys(PROBLEMS) as ProblemKind[];
  return {
    clean: undecided === 0 && kinds.every((kind) => problems[kind].count <= problems[kind].repaired),
    checked: { chats, messages: messages.checked, bodies: bodies.checked },
    pendingBodies: bodies.pending,
    undecided,
    backupUntil,
    problems,
  };
}

async function checkOverdue(
  { oldBodies, findings, repair }: VerifyContext,
  eraser: Pick<EraseWorker, 'runOnce'>,
): Promise<void> {
  const overdue = async (): Promise<number> => {
    const now = await oldBodies.now();
    return (await oldBodies.backlog(new Date(now.getTime() - OVERDUE_MS))).count;
  };
  const count = await overdue();
  if (count === 0) return;
  findings.note('overdue_bodies', {}, count);
  if (!repair) return;
  await eraser.runOnce();
  findings.repaired('overdue_bodies', count - (await overdue()));
}
