/**
 * Rules of chats that are no permissions. They hold whatever stores the chat; whoever changes one calls them under its lock.
 */

/** Superseded texts stay readable this long, for readers who still hold the row that named them. */
export const SUPERSEDED_FOR_MS = 24 * 3_600_000;

interface Standing {
  readonly userId: number;
  readonly isAdmin: boolean;
}

/** Who takes over when no admin is left: who has been in longest. `rest`: those who stay, in that order; null: nobody has to. */
export function successorOf<P extends Standing>(rest: readonly P[]): P | null {
  return rest.some(({ isAdmin }) => isAdmin) ? null : (rest[0] ?? null);
}

/** A group ends with its last participant. */
export function isOver(rest: readonly unknown[]): boolean {
  return rest.length === 0;
}

/** Leaving a direct chat only hides it from one's own list, until it goes on; a group is really left. */
export function leavingHides(type: 'direct' | 'group'): boolean {
  return type === 'direct';
}

/** How a participant begins, also who comes back: without rights, having read everything so far, the chat in their list. */
export function asNewcomer(chat: { readonly lastSeq: number }): {
  readonly isAdmin: false;
  readonly leftAt: null;
  readonly lastReadSeq: number;
  readonly hiddenSeq: null;
} {
  return { isAdmin: false, leftAt: null, lastReadSeq: chat.lastSeq, hiddenSeq: null };
}

/** Sending is reading: whoever sends has read up to their own message. */
export function readBySending(sentSeq: number): number {
  return sentSeq;
}
