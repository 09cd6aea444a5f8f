import type { DurableEvent } from '../../src/domain/events.js';
import type { User } from '../../src/domain/user.js';
import type { Delta, DeltaPage, ReaderState } from '../../src/ports/change-log.js';
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
): Promise<Delta & ReaderState> {
  const answer = await stores.changes.since(chatId, reader.id, since, max);
  if (answer.kind !== 'delta') throw new Error(`resync: ${answer.reason}`);
  return { ...answer.delta, ...answer.state };
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
