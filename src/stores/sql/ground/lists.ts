import type { Session, SqlRow } from '../database.js';
import { selectedRows, type Fragment, type Words } from '../words.js';

export async function selectRows(
  session: Session,
  words: Words,
  columns: Readonly<Record<string, string>>,
  source: Fragment,
): Promise<readonly SqlRow[]> {
  const { text, values } = words.selection(columns, source);
  return selectedRows(await session.query(text, values));
}

/**
 * Holds a query on visible messages of one chat to the index (chat_id, is_deleted, seq), behind the table's alias.
 * Left to themselves MySQL and MariaDB take the primary key, and walk over every deleted message on the way.
 */
export const VISIBLE_INDEX = 'message_metadata_visible';
