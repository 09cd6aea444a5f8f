import type { Message } from '../../../domain/message.js';
import { AppError } from '../../../domain/errors.js';
import type { RepositoryContext } from '../chats/context.js';
import { withContents } from './contents.js';
import { messageColumns, readMessageRows } from './rows.js';

const FIND = `FROM message_metadata m
  JOIN chats c ON c.id = m.chat_id AND c.is_active = TRUE
  JOIN chat_participants p ON p.chat_id = m.chat_id AND p.user_id = ? AND p.left_at IS NULL
  JOIN users u ON u.id = m.sender_id
  WHERE m.id = ? AND m.is_deleted = FALSE`;

/** One statement holds message, membership and chat; what does not match all of them does not exist for the reader. */
export async function findMessage(context: RepositoryContext, messageId: number, readerId: number): Promise<Message> {
  const rows = await context.sql.read((session) =>
    session.query(`SELECT ${messageColumns(context.sql.kind)} ${FIND}`, [readerId, messageId]),
  );
  const [message] = await withContents(context, readMessageRows(rows));
  if (message === undefined) throw new AppError('message_not_found');
  return message;
}
