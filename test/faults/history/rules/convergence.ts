import type { Violation } from '../checker.js';
import type { Dump } from '../entries.js';
import type { Model } from '../model.js';
import { positionOf, type Session } from '../sessions.js';

/** I6: one history for everybody, equal to the stored one, reached by everyone who listens. */
export function* convergence(model: Model): Iterable<Violation> {
  for (const view of model.dump.views) {
    for (const explanation of differences(model.dump, view)) yield violation(explanation);
  }
  yield* phantoms(model);
  for (const at of model.quietAt) {
    for (const session of model.sessions) yield* caughtUp(model, session, at);
  }
}

function* differences(dump: Dump, { user, chat, items }: Dump['views'][number]): Iterable<string> {
  const rows = dump.messages.filter((row) => row.chat === chat && !row.deleted).sort((a, b) => a.seq - b.seq);
  const contents = new Map(dump.bodies.map((body) => [body.id, body.content]));
  const seen = [...items].sort((a, b) => a.seq - b.seq);
  if (seen.length !== rows.length) {
    yield `user ${user} sees ${seen.length} messages in chat ${chat}, ${rows.length} are visible`;
    return;
  }
  for (const [index, row] of rows.entries()) {
    const item = seen[index];
    const same = item?.id === row.id && item.seq === row.seq && item.version === row.version && item.rev === row.rev;
    if (!same) yield `user ${user} sees message ${item?.id} in chat ${chat} where ${row.id} stands`;
    else if (!item.unavailable && item.content !== (contents.get(row.body) ?? item.content)) {
      yield `user ${user} sees another content of message ${row.id} than is stored`;
    }
  }
}

/** What a frame shows is stored, at that place, and at one rev everybody is shown the same. */
function* phantoms(model: Model): Iterable<Violation> {
  const atRev = new Map<string, string>();
  for (const { socket, deliveries } of model.sessions) {
    for (const { chat, rev, type, phase, message } of deliveries) {
      const where = `socket ${socket} was shown ${type} at rev ${rev} of chat ${chat}`;
      const row = message === null ? undefined : model.rows.get(message.id);
      if (rev > (model.chats.get(chat)?.rev ?? 0)) yield violation(`${where}, which was never committed`);
      else if (message !== null && (row?.chat !== chat || row.seq !== message.seq)) {
        yield violation(`${where}: message ${message.id} at seq ${message.seq} is not stored`);
      } else if (phase === 'live') {
        // Caught up, a message that was edited since it was made is shown as new: the object counts, not the word.
        const what = message === null ? type : `message ${message.id}`;
        const known = atRev.get(`${chat}:${rev}`) ?? what;
        if (known !== what) yield violation(`${where} (${what}), others ${known}`);
        atRev.set(`${chat}:${rev}`, known);
      }
    }
  }
}

function* caughtUp(model: Model, session: Session, at: number): Iterable<Violation> {
  if (session.openedAt > at || session.closedAt <= at) return;
  for (const chat of new Set(session.log.map((one) => one.chat))) {
    const stored = model.chats.get(chat);
    if (stored === undefined || !stored.members.includes(session.user)) continue;
    const position = positionOf(session, chat, at);
    if (position < stored.rev) {
      yield violation(
        `socket ${session.socket} is at rev ${position} of chat ${chat} in the end, not at ${stored.rev}`,
      );
    }
  }
}

function violation(explanation: string): Violation {
  return { invariant: 'I6', explanation };
}
