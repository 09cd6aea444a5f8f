import { AppError } from '../../../../domain/errors.js';
import type { Message } from '../../../../domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../../ports/message-log.js';
import { toMessage } from '../../ground/message-rows.js';
import type { FirstMessage, FirstMessages } from './duplicates.js';
import type { Send } from './sends.js';

/** What became of one send, for all of its drafts. */
export type Fate =
  | { readonly kind: 'stored'; readonly message: Message }
  | { readonly kind: 'known'; readonly first: FirstMessage }
  | { readonly kind: 'busy' }
  /** `isBodiless`: only because its body could not be stored. */
  | { readonly kind: 'failed'; readonly error: AppError; readonly isBodiless?: boolean };

const REUSED: AppendOutcome = { ok: false, error: new AppError('client_message_id_reused') };

/** One outcome per draft, in the order of the call. */
export function outcomesOf(
  drafts: readonly MessageDraft[],
  sends: readonly Send[],
  fates: ReadonlyMap<Send, Fate>,
  firsts: FirstMessages,
): readonly (AppendOutcome | 'busy')[] {
  const outcomes = new Array<AppendOutcome | 'busy'>(drafts.length);
  for (const send of sends) {
    const fate = fates.get(send) ?? { kind: 'failed', error: new AppError('unavailable') };
    for (const [turn, { index, hash }] of send.asked.entries()) {
      outcomes[index] = fate.kind === 'busy' ? 'busy' : outcomeOf(send, fate, turn, hash, firsts);
    }
  }
  return outcomes;
}

function outcomeOf(
  send: Send,
  fate: Exclude<Fate, { kind: 'busy' }>,
  turn: number,
  hash: Buffer,
  firsts: FirstMessages,
): AppendOutcome {
  switch (fate.kind) {
    case 'failed':
      return { ok: false, error: fate.error };
    case 'stored':
      if (turn === 0) return sent(fate.message);
      return hash.equals(send.hash) ? duplicate(fate.message) : REUSED;
    case 'known':
      return repeated(fate.first, hash, firsts);
    default:
      return fate satisfies never;
  }
}

function sent(message: Message): AppendOutcome {
  const { chatId, rev, timestamp } = message;
  const event = { type: 'new_message' as const, chatId, rev, at: timestamp, message };
  return { ok: true, message, duplicate: false, event };
}

/** Contents are needed only where there are some: neither for other content nor for a deleted message. */
function repeated({ row, requestHash }: FirstMessage, hash: Buffer, firsts: FirstMessages): AppendOutcome {
  if (requestHash !== null && !hash.equals(requestHash)) return REUSED;
  if (row.isDeleted) return duplicate(toMessage(row, null));
  if (firsts instanceof AppError) return { ok: false, error: firsts };
  return duplicate(firsts.get(row.id) ?? toMessage({ ...row, isDeleted: true }, null));
}

function duplicate(message: Message): AppendOutcome {
  return { ok: true, message, duplicate: true, event: null };
}
