import type { Violation } from '../checker.js';
import { callsOf, mayHaveHappened, type Call, type Model } from '../model.js';

/** I13: what was answered as not done has not been done, unless another call did it. */
export function* claims(model: Model): Iterable<Violation> {
  yield* sends(model);
  yield* edits(model);
  yield* deletes(model);
  yield* chats(model);
}

function violation(call: Call, explanation: string): Violation {
  const answer = call.code ?? 'a refusal';
  return { invariant: 'I13', explanation: `${call.client} was answered ${answer}, but ${explanation}` };
}

function* sends(model: Model): Iterable<Violation> {
  const all = callsOf(model, 'send');
  for (const row of model.dump.messages) {
    if (row.key === null) continue;
    const asked = all.filter(
      ({ user, asked: { chat, key } }) => user === row.sender && chat === row.chat && key === row.key,
    );
    // An answer `duplicate` says that an earlier call had done it, and does not account for the row itself.
    const accounted = asked.some((send) => mayHaveHappened(send) && send.got?.duplicate !== true);
    const denied = asked.find((send) => send.outcome === 'fail');
    if (!accounted && denied !== undefined) yield violation(denied, `message ${row.id} of that send is stored`);
  }
  // Without a key the content tells: contents are unique.
  const stored = new Set(model.dump.bodies.map((body) => body.content));
  const visible = new Set(model.observations.map(({ item }) => item.content));
  for (const send of all) {
    if (send.outcome !== 'fail' || send.asked.key !== null || !visible.has(send.asked.content)) continue;
    if (all.some((other) => mayHaveHappened(other) && other.asked.content === send.asked.content)) continue;
    if (stored.has(send.asked.content)) yield violation(send, 'the message of that send was shown');
  }
}

function* edits(model: Model): Iterable<Violation> {
  const shown = new Map<string, number>();
  for (const { item } of model.observations)
    if (item.content !== null) shown.set(`${item.id}:${item.content}`, item.version);
  const all = callsOf(model, 'edit');
  for (const edit of all) {
    const { message, content } = edit.asked;
    const version = shown.get(`${message}:${content}`);
    if (edit.outcome !== 'fail' || version === undefined || version === 1) continue;
    const others = all.filter((other) => other.asked.message === message && other.asked.content === content);
    if (!others.some(mayHaveHappened)) yield violation(edit, `that edit is version ${version} of message ${message}`);
  }
}

function* deletes(model: Model): Iterable<Violation> {
  const all = callsOf(model, 'delete');
  for (const call of all) {
    const { message } = call.asked;
    if (call.outcome !== 'fail' || model.rows.get(message)?.deleted !== true) continue;
    if (all.some((other) => other.asked.message === message && mayHaveHappened(other))) continue;
    yield violation(call, `message ${message} was deleted`);
  }
}

function* chats(model: Model): Iterable<Violation> {
  const creations = callsOf(model, 'create');
  for (const call of creations.filter(({ outcome }) => outcome === 'fail')) {
    const isThere = model.dump.chats.some((chat) => chat.name === call.asked.name);
    if (!isThere || creations.some((other) => mayHaveHappened(other) && other.asked.name === call.asked.name)) continue;
    yield violation(call, 'the chat was created');
  }
  const renames = callsOf(model, 'rename');
  for (const call of renames.filter(({ outcome }) => outcome === 'fail')) {
    const { chat, name } = call.asked;
    if (model.chats.get(chat)?.name !== name) continue;
    if ([...renames, ...creations].some((other) => mayHaveHappened(other) && other.asked.name === name)) continue;
    yield violation(call, `chat ${chat} has that name`);
  }
  const adds = callsOf(model, 'add');
  const removes = callsOf(model, 'remove');
  for (const call of adds.filter(({ outcome }) => outcome === 'fail')) {
    for (const user of call.asked.users) {
      if (!isMember(model, call.asked.chat, user)) continue;
      const creation = creations.find(({ got }) => got?.chat === call.asked.chat);
      // Who else may have been in it is known only of a chat whose beginning is recorded.
      if (creation === undefined || creation.asked.members.includes(user)) continue;
      const others = adds.filter(({ asked }) => asked.chat === call.asked.chat && asked.users.includes(user));
      if (!others.some(mayHaveHappened)) yield violation(call, `user ${user} is in chat ${call.asked.chat}`);
    }
  }
  for (const call of removes.filter(({ outcome }) => outcome === 'fail')) {
    const { chat, target } = call.asked;
    const wasIn = creations.some(
      ({ asked, got, user }) => got?.chat === chat && [user, ...asked.members].includes(target),
    );
    if (!wasIn || isMember(model, chat, target)) continue;
    const others = removes.filter(({ asked }) => asked.chat === chat && asked.target === target);
    if (!others.some(mayHaveHappened)) yield violation(call, `user ${target} is out of chat ${chat}`);
  }
}

function isMember(model: Model, chat: number, user: number): boolean {
  return model.chats.get(chat)?.members.includes(user) === true;
}
