import type { Session, SqlDatabase } from '../database.js';
import { fields } from './fields.js';
import type { ChatHead } from './head.js';
import type { FoundObjects, RevisedKind, Search } from './kind.js';
import { messages } from './messages.js';
import { participants } from './participants.js';

type Sql = Pick<SqlDatabase, 'words' | 'tables'>;

/**
 * Everything that takes a rev of a chat. The chat's rev is always the rev of one of these objects; what is missing here, no
 * client that was away ever hears of.
 */
export const KINDS: readonly RevisedKind<ChatHead>[] = [messages, participants, fields];

/** Of each kind what it has above `since`, each object once as it is in the snapshot; what cannot have changed is not asked for. */
export async function findChanged(
  session: Session,
  sql: Sql,
  head: ChatHead,
  search: Search,
): Promise<readonly FoundObjects[]> {
  const found: FoundObjects[] = [];
  for (const kind of changedKinds(head, search.since)) found.push(await kind.find(session, sql, head, search));
  return found;
}

/**
 * The same, or null where it is more than `maxItems` objects; the kinds with many are counted on an index before anything is
 * read.
 */
export async function findAll(
  session: Session,
  sql: Sql,
  head: ChatHead,
  { since, form }: Omit<Search, 'limit'>,
  maxItems: number,
): Promise<readonly FoundObjects[] | null> {
  const limit = maxItems + 1;
  if (head.rev - since > maxItems) {
    let count = 0;
    for (const kind of changedKinds(head, since)) count += (await kind.count?.(session, sql, head, since, limit)) ?? 0;
    if (count > maxItems) return null;
  }
  const found = await findChanged(session, sql, head, { since, limit, form });
  return found.reduce((sum, { objects }) => sum + objects.length, 0) > maxItems ? null : found;
}

export function changedKinds(head: ChatHead, since: number): readonly RevisedKind<ChatHead>[] {
  return KINDS.filter((kind) => kind.lastRev(head) > since);
}

/** What the objects' own rows say of the revs. */
export interface CountedRevs {
  /** The highest rev that any object of the chat has: the chat's own. */
  readonly highest: number;
  /** Kinds with a rev above what the chat's row says of them: who reads on is not told of it. */
  readonly untold: number;
}

export async function countRevs(session: Session, sql: Sql, head: ChatHead): Promise<CountedRevs> {
  let [highest, untold] = [0, 0];
  for (const kind of KINDS) {
    const rev = await kind.highestRev(session, sql, head.chatId);
    highest = Math.max(highest, rev);
    if (head.isActive && kind.lastRev(head) < Math.min(rev, head.rev)) untold += 1;
  }
  return { highest, untold };
}
