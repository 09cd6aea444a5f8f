import { asDate, type Session, type SqlDatabase, type SqlRow } from '../database.js';
import { listOf, selectedRows } from '../ground/lists.js';
import {
  MESSAGE_FIELDS,
  messageColumns,
  packedFields,
  readMessageRow,
  type MessageRow,
} from '../ground/message-rows.js';

/** A message's row with what a delta asks beyond a page of history. */
export interface ChangedMessage {
  readonly row: MessageRow;
  readonly createdRev: number;
  readonly deletedBy: number | null;
  /** null: not deleted, or not known when. */
  readonly deletedAt: Date | null;
}

type Kind = SqlDatabase['kind'];

const MESSAGES: Readonly<Record<Kind, string>> = { mysql: messagesText('mysql'), sqlite: messagesText('sqlite') };

const COUNT: Readonly<Record<Kind, string>> = { mysql: countText('mysql'), sqlite: countText('sqlite') };

/** MySQL and MariaDB would rather walk the primary key where the range of revs is wide. */
export function revIndex(kind: Kind): string {
  return kind === 'mysql' ? 'FORCE INDEX (message_metadata_rev)' : 'INDEXED BY message_metadata_rev';
}

/**
 * The rows of a range of the index (chat_id, rev), and no others; the outer join keeps the order in which tables are
 * read, or a small table of users would be scanned first.
 */
function messagesText(kind: Kind): string {
  return `SELECT ${messageColumns(kind)}, m.created_rev, m.deleted_by, m.deleted_at
    FROM (SELECT ${MESSAGE_FIELDS}, m.created_rev, m.deleted_by, m.deleted_at FROM message_metadata m ${revIndex(kind)}
      WHERE m.chat_id = ? AND m.rev > ? ORDER BY m.rev LIMIT ?) m
    LEFT JOIN users u ON u.id = m.sender_id`;
}

/**
 * The same of messages by their ids, which follow. On SQLite all rows in one JSON value: its client takes 28 us for each
 * row of its own, and 7 for one of these.
 */
const BY_ID: Readonly<Record<Kind, string>> = {
  mysql: byIdText(`${messageColumns('mysql')}, m.created_rev, m.deleted_by, m.deleted_at`),
  sqlite: byIdText(
    `json_group_array(json_object(${packedFields()},
      'created_rev', m.created_rev, 'deleted_by', m.deleted_by, 'deleted_at', m.deleted_at)) AS packed`,
  ),
};

function byIdText(columns: string): string {
  return `SELECT ${columns} FROM message_metadata m
    LEFT JOIN users u ON u.id = m.sender_id
    WHERE m.id IN`;
}

function countText(kind: Kind): string {
  return `SELECT COUNT(*) AS total FROM (SELECT m.rev FROM message_metadata m ${revIndex(kind)}
    WHERE m.chat_id = ? AND m.rev > ? LIMIT ?) bounded`;
}

/** How many messages took a rev above `since`, counted on the index up to `limit`. */
export async function readCount(
  session: Session,
  kind: Kind,
  chatId: number,
  since: number,
  limit: number,
): Promise<number> {
  const [row] = await session.query(COUNT[kind], [chatId, since, limit]);
  return Number(row?.['total']);
}

/** Those above `since`, at most `limit`, by rev. */
export async function readMessages(
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

/** Messages by their ids, in no order. */
export async function readMessagesById(
  session: Session,
  kind: Kind,
  ids: readonly number[],
): Promise<readonly ChangedMessage[]> {
  const list = listOf(kind, ids);
  return selectedRows(await session.query(`${BY_ID[kind]} ${list.text}`, list.values)).flatMap(toChanged);
}
