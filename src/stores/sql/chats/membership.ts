import type { ChatStore } from '../../../ports/chat-store.js';
import type { SqlDatabase } from '../database.js';
import { selectRows } from '../ground/lists.js';

type MembershipAnswer = Awaited<ReturnType<ChatStore['membership']>>;

/** Where chats stand for these users, in this order, by one statement; null for who is not in the chat. */
export async function readMemberships(
  sql: SqlDatabase,
  wanted: readonly { readonly chatId: number; readonly userId: number }[],
): Promise<readonly MembershipAnswer[]> {
  const asked = wanted.map(({ chatId, userId }, place) => [place, chatId, userId]);
  const pairs = sql.words.tableOf({ place: 'plain', chat_id: 'plain', user_id: 'plain' }, asked);
  // Left to itself MySQL may begin with a scan of the chats.
  const join = sql.words.inOrder;
  const rows = await sql.read((session) =>
    selectRows(
      session,
      sql.words,
      { place: 'w.place', rev: 'c.rev', last_seq: 'c.last_seq' },
      {
        text: `FROM ${pairs.text} w
          ${join} chat_participants p ON p.chat_id = w.chat_id AND p.user_id = w.user_id AND p.left_at IS NULL
          ${join} chats c ON c.id = p.chat_id AND c.is_active = TRUE`,
        values: pairs.values,
      },
    ),
  );
  const found: MembershipAnswer[] = wanted.map(() => null);
  for (const row of rows) {
    found[Number(row['place'])] = { rev: Number(row['rev']), lastSeq: Number(row['last_seq']) };
  }
  return found;
}
