import type { Violation } from '../checker.js';
import { callsOf, type Model, type Observation } from '../model.js';

/** I9 and I10: deleted contents are gone for everybody, versions only go forward and are the same for everybody. */
export function* contents(model: Model): Iterable<Violation> {
  yield* afterDelete(model);
  yield* versions(model);
  yield* readAfterEdit(model);
}

function* afterDelete(model: Model): Iterable<Violation> {
  const deletedAt = new Map<number, number>();
  for (const { asked, got, end } of callsOf(model, 'delete')) {
    if (got !== null) deletedAt.set(asked.message, Math.min(end, deletedAt.get(asked.message) ?? Infinity));
  }
  const shownDeleted = new Set<string>();
  for (const { channel, start, item, client, how } of model.observations) {
    const place = `${channel}:${item.id}`;
    if (item.deleted) shownDeleted.add(place);
    if (item.content === null) continue;
    const isOver = start > (deletedAt.get(item.id) ?? Infinity) || shownDeleted.has(place);
    if (!isOver) continue;
    yield { invariant: 'I9', explanation: `${client} was shown message ${item.id} (${how}) after it was deleted` };
  }
  if (!model.dump.erased) return;
  const left = new Set(model.dump.bodies.map((body) => body.id));
  for (const row of model.dump.messages) {
    if (!row.deleted || !left.has(row.body)) continue;
    yield { invariant: 'I9', explanation: `the body of message ${row.id} is stored, the message was deleted` };
  }
}

function* versions(model: Model): Iterable<Violation> {
  const shown = new Map<string, string>();
  const last = new Map<string, Observation>();
  for (const one of model.observations) {
    const { item, channel, client } = one;
    if (item.deleted || item.content === null) continue;
    const version = `version ${item.version} of message ${item.id}`;
    const known = shown.get(version) ?? item.content;
    if (known !== item.content) {
      yield { invariant: 'I10', explanation: `${client} was shown another content for ${version} than others` };
    }
    shown.set(version, known);
    const before = last.get(`${channel}:${item.id}`);
    const isOlder = before !== undefined && before.item.version > item.version && before.end <= one.end;
    // Reads of one client that overlap may be answered by either state; on one socket the order of frames counts.
    if (isOlder && (one.how !== 'list' || before.end < one.start)) {
      yield { invariant: 'I10', explanation: `${client} was shown ${version} after version ${before.item.version}` };
    }
    last.set(`${channel}:${item.id}`, one);
  }
}

/** A read that began after an edit was acknowledged shows that version or a later one. */
function* readAfterEdit(model: Model): Iterable<Violation> {
  const edits = callsOf(model, 'edit').filter(({ got }) => got !== null);
  for (const { how, start, item, client } of model.observations) {
    if (how !== 'list' || item.deleted) continue;
    for (const { asked, got, end } of edits) {
      if (asked.message !== item.id || got === null || end >= start || item.version >= got.version) continue;
      const explanation = `${client} read version ${item.version} of message ${item.id} after ${got.version} was acknowledged`;
      yield { invariant: 'I10', explanation };
    }
  }
}
