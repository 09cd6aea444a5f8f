import type { Violation } from '../checker.js';
import { callsOf, mayHaveHappened, type Call, type Model } from '../model.js';

/** I1: what was acknowledged is there, in the stores and for every member, at the end and in every read on the way. */
export function* acknowledged(model: Model): Iterable<Violation> {
  for (const send of callsOf(model, 'send')) yield* sent(model, send);
  for (const edit of callsOf(model, 'edit')) {
    const version = model.rows.get(edit.asked.message)?.version ?? 0;
    if (edit.got === null || version >= edit.got.version) continue;
    yield lost(
      edit,
      `version ${edit.got.version} of message ${edit.asked.message} was acknowledged, it is at ${version}`,
    );
  }
  for (const call of callsOf(model, 'delete')) {
    if (call.got === null || model.rows.get(call.asked.message)?.deleted === true) continue;
    yield lost(call, `the delete of message ${call.asked.message} was acknowledged, the message is there`);
  }
  yield* readsOnTheWay(model);
  yield* chatsAndMembers(model);
}

function lost(call: Call, explanation: string): Violation {
  return { invariant: 'I1', explanation: `${call.client}: ${explanation}` };
}

function* sent(model: Model, send: Call<'send'>): Iterable<Violation> {
  const { asked, got, user } = send;
  if (got === null) return;
  const row = model.rows.get(got.message);
  const named = `message ${got.message} (seq ${got.seq}) of chat ${asked.chat}`;
  if (row === undefined) {
    yield lost(send, `${named} was acknowledged and is not stored`);
    return;
  }
  const isIt = row.chat === asked.chat && row.seq === got.seq && row.sender === user && row.key === asked.key;
  if (!isIt) {
    yield lost(send, `${named} was acknowledged; what is stored there is another message`);
    return;
  }
  if (row.deleted) {
    if (deletesOf(model, row.id).length === 0) yield lost(send, `${named} is gone and nobody deleted it`);
    return;
  }
  for (const view of model.dump.views) {
    if (view.chat !== row.chat || view.items.some((item) => item.id === row.id)) continue;
    yield lost(send, `${named} is missing in the final history of user ${view.user}`);
  }
}

function deletesOf(model: Model, message: number): readonly Call<'delete'>[] {
  return callsOf(model, 'delete').filter((call) => call.asked.message === message && mayHaveHappened(call));
}

function* readsOnTheWay(model: Model): Iterable<Violation> {
  const sends = callsOf(model, 'send').filter((send) => send.got !== null);
  for (const list of callsOf(model, 'list')) {
    if (list.got === null) continue;
    const ids = new Set(list.got.items.map((item) => item.id));
    const { chat, from, to } = list.asked;
    for (const send of sends) {
      const { got } = send;
      if (got === null || send.asked.chat !== chat || send.end >= list.start) continue;
      if (got.seq < from || got.seq > to || ids.has(got.message)) continue;
      if (deletesOf(model, got.message).some((call) => call.start <= list.end)) continue;
      yield lost(list, `a read of chat ${chat} lacks seq ${got.seq}, which was acknowledged before it`);
    }
  }
}

/** The last acknowledged change wins unless another one, which ended later, may have come after it. */
function* chatsAndMembers(model: Model): Iterable<Violation> {
  for (const call of callsOf(model, 'create')) {
    if (call.got !== null && !model.chats.has(call.got.chat)) {
      yield lost(call, `chat ${call.got.chat} was acknowledged and is not stored`);
    }
  }
  const renames = callsOf(model, 'rename').filter(mayHaveHappened);
  for (const call of renames.filter(({ got }) => got !== null)) {
    const chat = model.chats.get(call.asked.chat);
    const possible = renames.filter((other) => other.asked.chat === call.asked.chat && other.end >= call.start);
    if (possible.some((other) => other.asked.name === chat?.name)) continue;
    yield lost(call, `chat ${call.asked.chat} was renamed and has lost that name`);
  }
  const adds = callsOf(model, 'add').filter(mayHaveHappened);
  const removes = callsOf(model, 'remove').filter(mayHaveHappened);
  for (const call of adds.filter(({ got }) => got !== null)) {
    for (const user of call.asked.users) {
      if (model.chats.get(call.asked.chat)?.members.includes(user) === true) continue;
      if (removes.some((other) => isAfter(other, call) && other.asked.target === user)) continue;
      yield lost(call, `user ${user} was added to chat ${call.asked.chat} and is not in it`);
    }
  }
  for (const call of removes.filter(({ got }) => got !== null)) {
    const { chat, target } = call.asked;
    if (model.chats.get(chat)?.members.includes(target) !== true) continue;
    if (adds.some((other) => isAfter(other, call) && other.asked.users.includes(target))) continue;
    yield lost(call, `user ${target} was removed from chat ${chat} and is still in it`);
  }
}

function isAfter(other: Call<'add' | 'remove'>, call: Call<'add' | 'remove'>): boolean {
  return other.asked.chat === call.asked.chat && other.end >= call.start;
}
