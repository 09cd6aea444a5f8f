import type { Verdict } from './settle.js';
import type { ChatRow, ParticipantWithUser, ParticipantRow } from './chat-rows.js';

/** A chat under its lock, as the look for an unanswered COMMIT finds it. */
export interface Found {
  readonly chat: ChatRow;
  /** By user, those who have left among them. */
  readonly participants: ReadonlyMap<number, ParticipantRow>;
  /** The active ones with their accounts, joined first. */
  readonly members: readonly ParticipantWithUser[];
}

/**
 * One row that a change wrote. A rev alone proves nothing: when ours was rolled back, whoever changes the chat next takes
 * the same one. So `isOurs` compares what was written, the moment of the change included where the row keeps one.
 */
export interface Trace {
  /** The rev that the row took with the change. */
  readonly rev: number;
  readonly revIn: (found: Found) => number;
  readonly isOurs: (found: Found) => boolean;
}

/** How to find out later whether a change was committed. */
export interface Proof<T> {
  /** Every row that took a rev; none for a change that takes none. */
  readonly traces: readonly Trace[];
  /** The change's result where what it wanted is so, whoever did it; null where it is not. */
  readonly achieved: (found: Found) => { readonly result: T } | null;
}

export function participantTrace(userId: number, rev: number, isOurs: (row: ParticipantRow) => boolean): Trace {
  return {
    rev,
    revIn: ({ participants }) => participants.get(userId)?.rev ?? 0,
    isOurs({ participants }) {
      const row = participants.get(userId);
      return row !== undefined && isOurs(row);
    },
  };
}

/** Whether two moments of the database are the same millisecond; null is no moment. */
export function isSameMoment(a: Date | null, b: Date): boolean {
  return a?.getTime() === b.getTime();
}

/**
 * A row that does not carry the change at its rev shows that there was no commit; one that has taken a later rev shows
 * nothing any more. A change that takes no rev leaves no trace and is known by what it achieved alone.
 */
export function judgeTraces({ traces }: Pick<Proof<unknown>, 'traces'>, found: Found): Verdict {
  const seen = traces.map((trace) => {
    if (trace.revIn(found) > trace.rev) return 'overwritten';
    return trace.revIn(found) === trace.rev && trace.isOurs(found) ? 'ours' : 'missing';
  });
  if (seen.length === 0 || seen.includes('missing')) return 'absent';
  return seen.includes('overwritten') ? 'unknown' : 'committed';
}
