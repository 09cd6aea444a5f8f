import type { Violation } from '../checker.js';
import { callsOf, type Call, type Model } from '../model.js';

/** I3: a client_message_id of a sender in a chat is one message, whoever asks and how often. */
export function* keys(model: Model): Iterable<Violation> {
  const rows = new Map<string, number>();
  for (const { chat, sender, key, id } of model.dump.messages) {
    if (key === null) continue;
    const name = nameOf(chat, sender, key);
    const other = rows.get(name);
    if (other !== undefined) yield violation(name, `is stored twice, as messages ${other} and ${id}`);
    rows.set(name, id);
  }
  const answered = new Map<string, Call<'send'>[]>();
  for (const send of callsOf(model, 'send')) {
    if (send.got === null || send.asked.key === null) continue;
    const name = nameOf(send.asked.chat, send.user, send.asked.key);
    answered.set(name, [...(answered.get(name) ?? []), send]);
  }
  for (const [name, sends] of answered) yield* agree(name, sends);
}

function* agree(name: string, sends: readonly Call<'send'>[]): Iterable<Violation> {
  const places = new Set(sends.map(({ got }) => `${got?.message} at seq ${got?.seq}`));
  if (places.size > 1) yield violation(name, `was acknowledged as messages ${[...places].join(' and ')}`);
  const firsts = sends.filter(({ got }) => got?.duplicate === false);
  if (firsts.length > 1) yield violation(name, `was acknowledged ${firsts.length} times as new`);
  if (new Set(sends.map(({ asked }) => asked.content)).size > 1) {
    yield violation(name, 'was acknowledged for different contents');
  }
}

function nameOf(chat: number, sender: number, key: string): string {
  return `client_message_id ${key} of user ${sender} in chat ${chat}`;
}

function violation(name: string, explanation: string): Violation {
  return { invariant: 'I3', explanation: `${name} ${explanation}` };
}
