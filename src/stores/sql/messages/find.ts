import type { Message } from '../../../domain/message.js';
import { AppError } from '../../../domain/errors.js';
import type { RepositoryContext } from '../chats/context.js';
import { withContents } from './contents.js';
import { MESSAGE_WITH_SENDER, readMessageRow } from './rows.js';

const FIND = `SELECT ${MESSAGE_WITH_SENDER}
  FROM message_metadata m
  JOIN chats c ON c.id = m.chat_id AND c.is_active = TRUE
  JOIN chat_participants p ON p.chat_id = m.chat_id AND p.user_id = ? AND p.left_at IS NULL
  JOIN users u ON u.id = m.sender_id
  WHERE m.id = ? AND m.is_deleted = FALSE`;

/** One statement holds message, membership and chat; what does not match all of them does not exist for the reader. */
export async function findMessage(context: RepositoryContext, messageId: number, readerId: number): Promise<Message> {
  const rows = await context.sql.read((session) => session.query(FIND, [readerId, messageId]));
  const [message] = await withContents(context, rows.map(readMessageRow));
  if (message === undefined) throw new AppError('message_not_found');
  return message;
}
