import type { Violation } from '../checker.js';
import type { DumpedMessage } from '../entries.js';
import type { Model } from '../model.js';
import { isDelivery, type Delivery, type Mark, type Session } from '../sessions.js';

/** I5: per connection and chat, every rev once and in order; what is skipped is replayed, caught up or owned up to. */
export function* connections(model: Model): Iterable<Violation> {
  for (const session of model.sessions) {
    for (const chat of new Set(session.log.map((one) => one.chat))) {
      const log = session.log.filter((one) => one.chat === chat);
      for (const explanation of follow(model, chat, log, session.closedAt)) {
        yield { invariant: 'I5', explanation: `socket ${session.socket} on chat ${chat}: ${explanation}` };
      }
    }
  }
}

/** What was caught up is sent at once; a hole that is still open after this long, in milliseconds, is one. */
const FILL_MS = 1_000;

function* follow(model: Model, chat: number, log: Session['log'], end: number): Iterable<string> {
  let position: number | null = null;
  let replay: { readonly since: number; readonly got: Delivery[] } | null = null;
  let fill: Delivery[] = [];
  let isGuess = true;
  for (const one of log) {
    if (isDelivery(one)) {
      if (one.phase === 'replay') {
        replay?.got.push(one);
        continue;
      }
      // A connection that did not say where it stands may have begun in the middle of what is caught up.
      if (isGuess && position !== null && one.rev <= position) {
        fill.push(one);
        position = null;
        continue;
      }
      isGuess &&= position === null;
      if (position !== null && one.rev <= position) yield `rev ${one.rev} came after rev ${position}`;
      else if ((position === null && fill.length === 0) || one.rev === (position ?? 0) + 1) position = one.rev;
      else fill.push(one);
    } else if (one.kind === 'asked') {
      replay = { since: one.rev, got: [] };
      isGuess = false;
    } else if (one.kind === 'caught_up') {
      if (position !== null) yield* complete(model, chat, { since: position, got: fill }, one);
      position = Math.max(position ?? 0, one.rev);
      fill = [];
    } else {
      if (one.kind === 'ready' && replay !== null) yield* complete(model, chat, replay, one);
      position = one.rev;
      replay = null;
      fill = [];
    }
  }
  const [skipped] = fill;
  if (skipped !== undefined && end - skipped.t > FILL_MS) yield `rev ${skipped.rev} came right after rev ${position}`;
}

/**
 * A replay shows each object once, in its present state; again only with a later change, when it was read in rounds. What it had to hold is judged by the rows of the end: a message
 * made in the span, and one whose last change lies in it.
 */
function* complete(
  model: Model,
  chat: number,
  { since, got }: { readonly since: number; readonly got: readonly Delivery[] },
  ready: Mark,
): Iterable<string> {
  const span = `what was read from rev ${since} to ${ready.rev}`;
  const isIn = (rev: number): boolean => rev > since && rev <= ready.rev;
  const shown = new Map<number, number>();
  let seq = 0;
  for (const { type, rev, message } of got) {
    if (!isIn(rev)) yield `${span} has a change of rev ${rev}`;
    if (message === null) continue;
    if ((shown.get(message.id) ?? 0) >= rev) yield `${span} shows message ${message.id} twice`;
    shown.set(message.id, rev);
    if (type !== 'new_message') continue;
    if (message.seq <= seq) yield `${span} shows seq ${message.seq} after ${seq}`;
    seq = message.seq;
  }
  const due = (row: DumpedMessage): boolean => row.chat === chat && (isIn(row.createdRev) || isIn(row.rev));
  for (const row of model.dump.messages.filter(due)) {
    if (!shown.has(row.id)) yield `${span} lacks message ${row.id} (seq ${row.seq})`;
  }
}
