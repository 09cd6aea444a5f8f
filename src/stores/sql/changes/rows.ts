import { and, asc, eq, gt } from 'drizzle-orm';
import { userColumns, type Member } from '../chats/rows.js';
import { asDate, type Session, type SqlDatabase, type SqlRow } from '../database.js';
import { MESSAGE_FIELDS, messageColumns, readMessageRow, type MessageRow } from '../messages/rows.js';
import type { ChatHead } from './head.js';

/** A message's row with what a delta asks beyond a page of history. */
export interface ChangedMessage {
  readonly row: MessageRow;
  readonly createdRev: number;
  readonly deletedBy: number | null;
  /** null: not deleted, or not known when. */
  readonly deletedAt: Date | null;
}

/** Everything in a chat that took a rev above `since`, each object once as it is in the snapshot. */
export interface Changed {
  readonly since: number;
  readonly head: ChatHead;
  /** By rev; at most as many as were asked for, the lowest first. */
  readonly messages: readonly ChangedMessage[];
  /** Those who have left among them; by rev, then by user. */
  readonly participants: readonly Member[];
  /** Whether the chat's own fields are news. */
  readonly fields: boolean;
}

type Kind = SqlDatabase['kind'];

const MESSAGES: Readonly<Record<Kind, string>> = { mysql: messagesText('mysql'), sqlite: messagesText('sqlite') };

/**
 * The rows of a range of the index (chat_id, rev), and no others: MySQL and MariaDB would rather walk the primary key
 * where the range is wide. A deletion's moment is when its body was filed.
 */
function messagesText(kind: Kind): string {
  const index = kind === 'mysql' ? 'FORCE INDEX (message_metadata_rev)' : 'INDEXED BY message_metadata_rev';
  return `SELECT ${messageColumns(kind)}, m.created_rev, m.deleted_by, o.due_at AS deleted_at
    FROM (SELECT ${MESSAGE_FIELDS}, m.created_rev, m.deleted_by FROM message_metadata m ${index}
      WHERE m.chat_id = ? AND m.rev > ? ORDER BY m.rev LIMIT ?) m
    JOIN users u ON u.id = m.sender_id
    LEFT JOIN old_bodies o ON o.body_id = m.body_id AND m.is_deleted = TRUE`;
}

/** `limits` bound the rows read of each kind; 0 = none are read. What cannot have changed is not asked for. */
export async function readChanged(
  session: Session,
  { kind, tables }: Pick<SqlDatabase, 'kind' | 'tables'>,
  head: ChatHead,
  since: number,
  limits: { readonly messages: number; readonly participants: number },
): Promise<Changed> {
  const messages =
    head.rev > since && limits.messages > 0
      ? await readMessages(session, kind, head.chatId, since, limits.messages)
      : [];
  const participants =
    head.membersRev > since && limits.participants > 0
      ? await readParticipants(session, tables, head.chatId, since, limits.participants)
      : [];
  // The end of a chat moves its fields too, but who could be told has left.
  return { since, head, messages, participants, fields: head.isActive && head.changedRev > since };
}

/** Number of objects that have changed. */
export function countChanged({ messages, participants, fields }: Changed): number {
  return messages.length + participants.length + (fields ? 1 : 0);
}

async function readMessages(
  session: Session,
  kind: Kind,
  chatId: number,
  since: number,
  limit: number,
): Promise<readonly ChangedMessage[]> {
  const found = await session.query(MESSAGES[kind], [chatId, since, limit]);
  // Sorted here: sorting a joined result costs the databases a temporary table.
  return found.flatMap(toChanged).sort((a, b) => a.row.rev - b.row.rev);
}

function toChanged(found: SqlRow): readonly ChangedMessage[] {
  const row = readMessageRow(found);
  if (row === null) return [];
  const deletedBy = found['deleted_by'];
  const deletedAt = found['deleted_at'];
  return [
    {
      row,
      createdRev: Number(found['created_rev']),
      deletedBy: deletedBy === null ? null : Number(deletedBy),
      deletedAt: deletedAt === null ? null : asDate(deletedAt),
    },
  ];
}

async function readParticipants(
  session: Session,
  tables: SqlDatabase['tables'],
  chatId: number,
  since: number,
  limit: number,
): Promise<readonly Member[]> {
  const { chatParticipants, users } = tables;
  return session.db
    .select({ participant: chatParticipants, user: userColumns(tables) })
    .from(chatParticipants)
    .innerJoin(users, eq(users.id, chatParticipants.userId))
    .where(and(eq(chatParticipants.chatId, chatId), gt(chatParticipants.rev, since)))
    .orderBy(asc(chatParticipants.rev), asc(chatParticipants.userId))
    .limit(limit);
}
