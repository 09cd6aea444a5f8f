import { LIMITS } from '../../../protocol/limits.js';

const BEYOND = 'm.chat_id = c.id AND m.is_deleted = FALSE AND m.seq > p.last_read_seq';

/**
 * SQL for the unread messages of participant `p` in chat `c`, at most LIMITS.unreadMax. One's own never lie beyond the
 * watermark, because sending moves it, so only deleted ones are left out. Bounded on the index (chat_id, is_deleted,
 * seq): the second branch reads up to the limit and no further, the third runs only where fewer exist.
 */
export const UNREAD_COUNT = `CASE
  WHEN c.last_visible_seq <= p.last_read_seq THEN 0
  WHEN (SELECT m.seq FROM message_metadata m WHERE ${BEYOND}
    ORDER BY m.seq LIMIT 1 OFFSET ${LIMITS.unreadMax - 1}) IS NOT NULL THEN ${LIMITS.unreadMax}
  ELSE (SELECT COUNT(*) FROM message_metadata m WHERE ${BEYOND}) END`;
