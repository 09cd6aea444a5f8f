import { hash } from 'node:crypto';
import type { MessageDraft } from '../../../../ports/message-log.js';
import type { Body } from '../../../../ports/body-store.js';
import type { Mint, Minted } from './minting.js';

/** One message to be stored, for all drafts of the call that have its key: the first leads, the others repeat it. */
export interface Send {
  readonly draft: MessageDraft;
  readonly hash: Buffer;
  readonly minted: Minted;
  /** Where its drafts stand in the call, with the hash of each. */
  readonly asked: { readonly index: number; readonly hash: Buffer }[];
}

/**
 * Groups the drafts of a call by (chat, sender, client_message_id); one without an id stands alone. `kept` names drafts
 * whose bodies are stored already; those sends are in `stored`.
 */
export function groupSends(
  drafts: readonly MessageDraft[],
  mint: Mint,
  kept: WeakMap<MessageDraft, Minted>,
): { readonly sends: readonly Send[]; readonly stored: ReadonlySet<Send> } {
  const sends: Send[] = [];
  const stored = new Set<Send>();
  const byKey = new Map<string, Send>();
  for (const [index, draft] of drafts.entries()) {
    const hash = requestHash(draft.messageType, draft.content);
    const key = draft.clientMessageId === null ? null : keyOf(draft.chatId, draft.senderId, draft.clientMessageId);
    const leader = key === null ? undefined : byKey.get(key);
    if (leader !== undefined) {
      leader.asked.push({ index, hash });
      continue;
    }
    const journaled = kept.get(draft);
    const send: Send = { draft, hash, minted: journaled ?? mint.mint(), asked: [{ index, hash }] };
    sends.push(send);
    if (journaled !== undefined) stored.add(send);
    if (key !== null) byKey.set(key, send);
  }
  return { sends, stored };
}

/** The unique key of a send; ids are numbers, so the text cannot run into them. */
export function keyOf(chatId: number, senderId: number, clientMessageId: string): string {
  return `${chatId}:${senderId}:${clientMessageId}`;
}

export function bodyOf({ draft, minted }: Send): Body {
  return {
    id: minted.id,
    messageId: minted.id,
    chatId: draft.chatId,
    senderId: draft.senderId,
    content: draft.content,
    timestamp: minted.at,
  };
}

/**
 * What decides whether a repeated client_message_id asks for the same: SHA-256 over message type and content. The type
 * is one of ours and holds no NUL, so the two cannot run into each other.
 */
export function requestHash(messageType: string, content: string): Buffer {
  return hash('sha256', `${messageType}\0${content}`, 'buffer');
}
