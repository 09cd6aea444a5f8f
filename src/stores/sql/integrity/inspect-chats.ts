import { asc, gt } from 'drizzle-orm';
import type { InspectedChat } from '../../../ports/inspection.js';
import type { Words } from '../words.js';
import type { Session, SqlDatabase, SqlRow } from '../database.js';
import { countRevs } from '../changes/kinds.js';
import { countMessages } from './count-messages.js';

/** Rows of chats beside what counting finds, all of one snapshot. */
export async function inspectChats(
  sql: SqlDatabase,
  afterId: number,
  limit: number,
): Promise<readonly InspectedChat[]> {
  return sql.snapshot(async (session) => {
    const { chats } = sql.tables;
    const rows = await session.db.select().from(chats).where(gt(chats.id, afterId)).orderBy(asc(chats.id)).limit(limit);
    const ids = rows.map((row) => row.id);
    const participants = await participantsOf(session, sql.words, ids);
    const inspected: InspectedChat[] = [];
    for (const row of rows) {
      const people = participants.get(row.id);
      const counted = await countMessages(session, row.id);
      const { highest: rev, untold } = await countRevs(session, sql, { ...row, chatId: row.id });
      inspected.push({
        id: row.id,
        type: row.chatType,
        isActive: row.isActive,
        row: {
          lastSeq: row.lastSeq,
          visibleCount: row.visibleCount,
          lastVisibleSeq: row.lastVisibleSeq,
          rev: row.rev,
          membersRev: row.membersRev,
        },
        counted: { ...counted, rev, untold },
        participants: {
          active: Number(people?.['active'] ?? 0),
          admins: Number(people?.['admins'] ?? 0),
          withoutUser: Number(people?.['without_user'] ?? 0),
        },
      });
    }
    return inspected;
  });
}

async function participantsOf(
  session: Session,
  words: Words,
  chatIds: readonly number[],
): Promise<ReadonlyMap<number, SqlRow>> {
  if (chatIds.length === 0) return new Map();
  const ids = words.listOf(chatIds);
  const rows = await session.query(
    `SELECT p.chat_id,
       SUM(CASE WHEN p.left_at IS NULL THEN 1 ELSE 0 END) AS active,
       SUM(CASE WHEN p.left_at IS NULL AND p.is_admin = TRUE THEN 1 ELSE 0 END) AS admins,
       SUM(CASE WHEN u.id IS NULL THEN 1 ELSE 0 END) AS without_user
     FROM chat_participants p LEFT JOIN users u ON u.id = p.user_id
     WHERE p.chat_id IN ${ids.text} GROUP BY p.chat_id`,
    ids.values,
  );
  return new Map(rows.map((row) => [Number(row['chat_id']), row]));
}
