import type { Violation } from '../checker.js';
import { callsOf, type Model } from '../model.js';

/** I2: rows and bodies belong together. */
export function* bodies(model: Model): Iterable<Violation> {
  const { dump } = model;
  const stored = new Map(dump.bodies.map((body) => [body.id, body]));
  const said = contentsSaid(model);
  for (const row of dump.messages) {
    if (row.deleted) continue;
    const named = `message ${row.id} (seq ${row.seq}) of chat ${row.chat}`;
    const body = stored.get(row.body);
    if (body === undefined) yield violation(`${named} has no body`);
    else if (!body.intact) yield violation(`the body of ${named} is not what was hashed`);
    else if (!(said.get(row.id)?.has(body.content) ?? true)) yield violation(`the body of ${named} is another's`);
  }
  const named = new Set([...dump.messages.map((row) => row.body), ...dump.filed]);
  for (const body of dump.bodies) {
    if (named.has(body.id) || dump.takenAt - body.mintedAt < dump.sweepAgeMs) continue;
    yield violation(`body ${body.id} is named by no row and was not swept`);
  }
  for (const { item, client, how } of model.observations) {
    if (item.unavailable) yield violation(`message ${item.id} was shown without its content (${how}, ${client})`);
  }
}

/** By message: what was sent or edited into it. Messages that nobody recorded are absent. */
function contentsSaid(model: Model): ReadonlyMap<number, ReadonlySet<string>> {
  const said = new Map<number, Set<string>>();
  const keyed = new Map<string, number>();
  for (const row of model.dump.messages)
    if (row.key !== null) keyed.set(`${row.chat}:${row.sender}:${row.key}`, row.id);
  const add = (id: number | undefined, content: string): void => {
    if (id !== undefined) said.set(id, (said.get(id) ?? new Set()).add(content));
  };
  for (const { asked, got, user } of callsOf(model, 'send')) {
    add(got?.message ?? keyed.get(`${asked.chat}:${user}:${asked.key}`), asked.content);
  }
  for (const { asked } of callsOf(model, 'edit')) if (said.has(asked.message)) add(asked.message, asked.content);
  return said;
}

function violation(explanation: string): Violation {
  return { invariant: 'I2', explanation };
}
