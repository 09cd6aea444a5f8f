import type { Violation } from '../checker.js';
import { callsOf, mayHaveHappened, type Model } from '../model.js';
import type { Delivery } from '../sessions.js';

/** I8: who is out gets nothing live and reads nothing. */
export function* membership(model: Model): Iterable<Violation> {
  const changes = changesOf(model);
  for (const { socket, user, deliveries } of model.sessions) {
    for (const { chat, rev, type, phase } of deliveries) {
      if (phase !== 'live') continue;
      const last = (changes.get(`${chat}:${user}`) ?? []).filter((change) => change.rev < rev).at(-1);
      if (last?.isIn !== false) continue;
      const explanation = `socket ${socket} got ${type} of rev ${rev}: user ${user} left chat ${chat} at rev ${last.rev}`;
      yield { invariant: 'I8', explanation };
    }
  }
  yield* reads(model);
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
  const adds = callsOf(model, 'add').filter(mayHaveHappened);
  const lists = callsOf(model, 'list').filter(({ got }) => got !== null);
  for (const removal of callsOf(model, 'remove')) {
    if (removal.got === null) continue;
    const { chat, target } = removal.asked;
    const back = adds.filter(
      ({ asked, end }) => asked.chat === chat && asked.users.includes(target) && end >= removal.start,
    );
    for (const list of lists) {
      if (list.user !== target || list.asked.chat !== chat || list.start <= removal.end) continue;
      if (back.some((add) => add.start <= list.end)) continue;
      yield { invariant: 'I8', explanation: `${list.client} read chat ${chat} after user ${target} was out of it` };
    }
  }
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
