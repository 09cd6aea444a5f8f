import type { StoredBody } from '../../../ports/body-store.js';
import type { NamedBody } from '../../../ports/inspection.js';
import { unlessStuck } from '../unless-stuck.js';
import { hexOf, type VerifyContext } from './context.js';

/** Bodies of one read: at most 10,000 characters each, so 8 MB at worst. */
const BATCH = 200;

export interface CheckedMessages {
  readonly checked: number;
  /** Could not be judged, because their chat's lock was not to be had. */
  readonly undecided: number;
}

type Flaw = 'dangling_messages' | 'altered_bodies';

/** From rows to bodies: each visible message has its body, as it was written. */
export async function checkMessages(context: VerifyContext): Promise<CheckedMessages> {
  const { inspection, bodies, onProgress } = context;
  const { messageId: highest } = await inspection.highest();
  let checked = 0;
  let undecided = 0;
  for (let after = 0; ;) {
    const rows = await inspection.rows(after, BATCH);
    const found = await bodies.find(rows.map((row) => row.bodyId));
    const suspects = rows.flatMap((row) => {
      const flaw = flawOf(found.get(hexOf(row.bodyId)));
      return flaw === null ? [] : [{ row, flaw }];
    });
    if (suspects.length > 0) undecided += await confirm(context, suspects);
    checked += rows.length;
    after = rows.at(-1)?.id ?? after;
    onProgress({ step: 'messages', done: checked, share: highest === 0 ? 1 : Math.min(1, after / highest) });
    if (rows.length < BATCH) return { checked, undecided };
  }
}

function flawOf(body: StoredBody | undefined): Flaw | null {
  if (body === undefined) return 'dangling_messages';
  return body.intact ? null : 'altered_bodies';
}

/** Edited or deleted meanwhile, a row has every right to be without its old body. Answers how many stay undecided. */
async function confirm(
  { inspection, findings }: VerifyContext,
  suspects: readonly { readonly row: NamedBody; readonly flaw: Flaw }[],
): Promise<number> {
  let undecided = 0;
  const chats = new Set(suspects.map(({ row }) => row.chatId));
  for (const chatId of chats) {
    const rows = suspects.map(({ row }) => row).filter((row) => row.chatId === chatId);
    const named = await unlessStuck(() => inspection.stillNamed(chatId, rows));
    if (named === null) {
      undecided += rows.length;
      continue;
    }
    const still = new Set(named);
    for (const { row, flaw } of suspects.filter((suspect) => still.has(suspect.row))) {
      findings.note(flaw, { chatId, messageId: row.id, seq: row.seq, bodyId: hexOf(row.bodyId) });
    }
  }
  return undecided;
}
