import type { Violation } from '../checker.js';
import type { DumpedMessage } from '../entries.js';
import type { Model } from '../model.js';
import { isDelivery, type Delivery, type Mark, type Session } from '../sessions.js';

/** I5: per connection and chat, every rev once and in order; what is skipped is replayed or owned up to. */
export function* connections(model: Model): Iterable<Violation> {
  for (const session of model.sessions) {
    for (const chat of new Set(session.log.map((one) => one.chat))) {
      const log = session.log.filter((one) => one.chat === chat);
      for (const explanation of follow(model, chat, log)) {
        yield { invariant: 'I5', explanation: `socket ${session.socket} on chat ${chat}: ${explanation}` };
      }
    }
  }
}

function* follow(model: Model, chat: number, log: Session['log']): Iterable<string> {
  let position: number | null = null;
  let replay: { readonly since: number; readonly got: Delivery[] } | null = null;
  for (const one of log) {
    if (isDelivery(one)) {
      if (one.phase === 'replay') {
        replay?.got.push(one);
        continue;
      }
      if (position !== null && one.rev <= position) yield `rev ${one.rev} came after rev ${position}`;
      else if (position !== null && one.rev > position + 1) yield `rev ${one.rev} came right after rev ${position}`;
      position = one.rev;
    } else if (one.kind === 'asked') {
      replay = { since: one.rev, got: [] };
    } else {
      if (one.kind === 'ready' && replay !== null) yield* complete(model, chat, replay, one);
      position = one.rev;
      replay = null;
    }
  }
}

/**
 * A replay shows each object once, in its present state. What it had to hold is judged by the rows of the end: a message
 * made in the span, and one whose last change lies in it.
 */
function* complete(
  model: Model,
  chat: number,
  { since, got }: { readonly since: number; readonly got: readonly Delivery[] },
  ready: Mark,
): Iterable<string> {
  const span = `the replay from rev ${since} to ${ready.rev}`;
  const isIn = (rev: number): boolean => rev > since && rev <= ready.rev;
  const shown = new Set<number>();
  let seq = 0;
  for (const { type, rev, message } of got) {
    if (!isIn(rev)) yield `${span} has a change of rev ${rev}`;
    if (message === null) continue;
    if (shown.has(message.id)) yield `${span} shows message ${message.id} twice`;
    shown.add(message.id);
    if (type !== 'new_message') continue;
    if (message.seq <= seq) yield `${span} shows seq ${message.seq} after ${seq}`;
    seq = message.seq;
  }
  const due = (row: DumpedMessage): boolean => row.chat === chat && (isIn(row.createdRev) || isIn(row.rev));
  for (const row of model.dump.messages.filter(due)) {
    if (!shown.has(row.id)) yield `${span} lacks message ${row.id} (seq ${row.seq})`;
  }
}
