import type { DurableEvent } from '../../src/domain/events.js';
import type { User } from '../../src/domain/user.js';
import type { DeltaPage, ReaderState } from '../../src/ports/change-log.js';
import { upTo, wholeDelta, type WholeDelta } from '../helpers/delta.js';
import type { ChatStores } from './chat-store.fixtures.js';

/** More objects than any test makes. */
export const PLENTY = 1_000;

/** A delta that must not be a resync, with the reader's state. */
export async function deltaOf(
  stores: Pick<ChatStores, 'changes'>,
  chatId: number,
  reader: Pick<User, 'id'>,
  since: number,
  max = PLENTY,
): Promise<WholeDelta & ReaderState> {
  const answer = await stores.changes.since(chatId, reader.id, since, upTo(max));
  if (answer.kind !== 'delta') throw new Error(`resync: ${answer.reason}`);
  return { ...(await wholeDelta(answer.delta)), ...answer.state };
}

/** What a hub would have missed; null: more than `max` objects. */
export async function missedOf(
  stores: Pick<ChatStores, 'changes'>,
  chatId: number,
  since: number,
  max = PLENTY,
): Promise<WholeDelta | null> {
  const delta = await stores.changes.missed(chatId, since, upTo(max));
  return delta === null ? null : wholeDelta(delta);
}

/** A page that must not be a resync. */
export async function pageOf(
  stores: Pick<ChatStores, 'changes'>,
  chatId: number,
  reader: Pick<User, 'id'>,
  since: number,
  limit: number,
): Promise<DeltaPage> {
  const answer = await stores.changes.page(chatId, reader.id, since, limit);
  if (answer.kind !== 'page') throw new Error(`resync: ${answer.reason}`);
  return answer.page;
}

/** Type and rev of each event, in their order. */
export function told(events: readonly DurableEvent[]): [string, number][] {
  return events.map((event) => [event.type, event.rev]);
}
