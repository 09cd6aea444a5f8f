import type { Violation } from '../checker.js';
import { callsOf, mayHaveHappened, type Call, type Model } from '../model.js';
import { isDelivery, type Delivery } from '../sessions.js';

/** I8: who is out gets nothing live and reads nothing. */
export function* membership(model: Model): Iterable<Violation> {
  const changes = changesOf(model);
  for (const { socket, user, deliveries, marks } of model.sessions) {
    for (const { t, chat, rev, type, phase } of deliveries) {
      if (phase !== 'live') continue;
      const own = changes.get(`${chat}:${user}`) ?? [];
      const at = (position: number): MembershipChange | undefined => own.filter((one) => one.rev <= position).at(-1);
      const last = at(rev);
      // Being told of it is the last thing.
      if (last?.isIn !== false || last.rev === rev) continue;
      // What is caught up shows the present to who is in at present, as a replay does.
      const isCaughtUp = marks.some(
        (mark) => mark.kind === 'caught_up' && mark.chat === chat && mark.t >= t && at(mark.rev)?.isIn === true,
      );
      if (isCaughtUp) continue;
      const explanation = `socket ${socket} got ${type} of rev ${rev}: user ${user} left chat ${chat} at rev ${last.rev}`;
      yield { invariant: 'I8', explanation };
    }
  }
  yield* reads(model);
  yield* openedAfterRemoval(model);
  yield* sentAfterRemoval(model);
  yield* strangers(model);
}

interface MembershipChange {
  readonly rev: number;
  readonly isIn: boolean;
}

/** By chat and user, in order of rev, as anybody was shown it. */
function changesOf(model: Model): ReadonlyMap<string, readonly MembershipChange[]> {
  const changes = new Map<string, Map<number, boolean>>();
  for (const { deliveries } of model.sessions) {
    for (const delivery of deliveries) {
      const user = subjectOf(delivery);
      if (user === null) continue;
      const key = `${delivery.chat}:${user}`;
      changes.set(
        key,
        (changes.get(key) ?? new Map<number, boolean>()).set(delivery.rev, delivery.type !== 'participant_removed'),
      );
    }
  }
  const inOrder = (revs: Map<number, boolean>): MembershipChange[] =>
    [...revs].map(([rev, isIn]) => ({ rev, isIn })).sort((a, b) => a.rev - b.rev);
  return new Map([...changes].map(([key, revs]) => [key, inOrder(revs)]));
}

function subjectOf({ type, frame }: Delivery): number | null {
  if (type === 'participant_removed') return Number(frame['user_id']);
  if (type !== 'participant_added') return null;
  return Number((frame['participant'] as Readonly<Record<string, unknown>> | undefined)?.['user_id']);
}

/** A read that began after the removal was acknowledged, with no chance of having been let in again by its end. */
function* reads(model: Model): Iterable<Violation> {
  const lists = callsOf(model, 'list').filter(({ got }) => got !== null);
  for (const removal of callsOf(model, 'remove')) {
    if (removal.got === null) continue;
    const { chat, target } = removal.asked;
    const isBack = comebacks(model, removal);
    for (const list of lists) {
      if (list.user !== target || list.asked.chat !== chat || list.start <= removal.end) continue;
      if (isBack(list.end)) continue;
      yield { invariant: 'I8', explanation: `${list.client} read chat ${chat} after user ${target} was out of it` };
    }
  }
}

/** A connection that was opened after the removal was acknowledged is told nothing of the chat but the removal. */
function* openedAfterRemoval(model: Model): Iterable<Violation> {
  for (const removal of callsOf(model, 'remove')) {
    if (removal.got === null) continue;
    const { chat, target } = removal.asked;
    const isBack = comebacks(model, removal);
    for (const { user, socket, openedAt, log } of model.sessions) {
      if (user !== target || openedAt <= removal.end) continue;
      const told = log.find((one) => {
        if (one.chat !== chat || isBack(one.t)) return false;
        return isDelivery(one) ? one.type !== 'participant_removed' : one.kind !== 'asked';
      });
      if (told === undefined) continue;
      yield { invariant: 'I8', explanation: `socket ${socket} was opened and served after user ${target} was removed` };
    }
  }
}

/** Whether somebody asked by a time to let the one who was removed in again. */
function comebacks(model: Model, { asked, start }: Call<'remove'>): (by: number) => boolean {
  const starts = callsOf(model, 'add')
    .filter((add) => mayHaveHappened(add) && add.asked.chat === asked.chat && add.end >= start)
    .filter((add) => add.asked.users.includes(asked.target))
    .map((add) => add.start);
  const first = Math.min(...starts);
  return (by) => first <= by;
}

/** Whatever revs say: a message that was sent after the removal was acknowledged is not shown to who was removed. */
function* sentAfterRemoval(model: Model): Iterable<Violation> {
  const starts = firstAsked(model);
  for (const removal of callsOf(model, 'remove')) {
    const { asked, got, end } = removal;
    if (got === null) continue;
    const isBack = comebacks(model, removal);
    for (const { user, chat, how, item, client, end: seenAt } of model.observations) {
      if (user !== asked.target || chat !== asked.chat || how !== 'live') continue;
      if ((starts.get(item.id) ?? 0) <= end || isBack(seenAt)) continue;
      yield { invariant: 'I8', explanation: `${client} got message ${item.id}, sent after user ${user} was removed` };
    }
  }
}

/** By message: when a client first asked for it; retries come later. */
function firstAsked(model: Model): ReadonlyMap<number, number> {
  const byKey = new Map<string, number>();
  for (const { asked, user, start } of callsOf(model, 'send')) {
    const key = `${asked.chat}:${user}:${asked.key}`;
    if (asked.key !== null) byKey.set(key, Math.min(start, byKey.get(key) ?? Infinity));
  }
  const rows = model.dump.messages;
  return new Map(rows.map((row) => [row.id, byKey.get(`${row.chat}:${row.sender}:${row.key}`) ?? 0]));
}

/** Of chats whose creation is in the history: nobody who never was in it sees anything of it. */
function* strangers(model: Model): Iterable<Violation> {
  for (const creation of callsOf(model, 'create')) {
    const chat = creation.got?.chat;
    if (chat === undefined) continue;
    const adds = callsOf(model, 'add').filter((add) => add.asked.chat === chat && mayHaveHappened(add));
    const known = new Set([creation.user, ...creation.asked.members, ...adds.flatMap(({ asked }) => asked.users)]);
    for (const { chat: seen, user, client, item } of model.observations) {
      if (seen !== chat || known.has(user)) continue;
      yield { invariant: 'I8', explanation: `${client} saw message ${item.id} of chat ${chat} and never was in it` };
    }
  }
}
