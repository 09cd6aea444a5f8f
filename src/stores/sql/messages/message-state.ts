import type { Membership } from '../../../domain/policies/rights.js';
import { mayReadMessage } from '../../../domain/policies/message-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { Words } from '../words.js';
import type { Session, SqlRow } from '../database.js';
import { messageColumns, readMessageRow, type MessageRow } from '../ground/message-rows.js';

/** Everything the policies ask before a message is changed, of one moment. */
export interface MessageState {
  readonly row: MessageRow;
  readonly chat: { readonly type: 'direct' | 'group'; readonly isActive: boolean };
  readonly actor: Membership;
}

const STATE = `c.chat_type, c.is_active, p.user_id AS actor_id, p.is_admin
  FROM message_metadata m
  JOIN chats c ON c.id = m.chat_id
  JOIN users u ON u.id = m.sender_id
  LEFT JOIN chat_participants p ON p.chat_id = m.chat_id AND p.user_id = ? AND p.left_at IS NULL
  WHERE m.id = ?`;

/** Throws `message_not_found` where the actor cannot see the message. */
export async function readMessageState(
  session: Session,
  words: Words,
  messageId: number,
  actorId: number,
): Promise<MessageState> {
  const [found] = await session.query(`SELECT ${messageColumns(words)}, ${STATE}`, [actorId, messageId]);
  const state = found === undefined ? null : toState(found);
  enforce(mayReadMessage(state?.chat ?? null, state?.actor ?? null, state?.row ?? null));
  if (state === null) throw new TypeError('a message that may be read exists');
  return state;
}

function toState(found: SqlRow): MessageState | null {
  const row = readMessageRow(found);
  if (row === null) return null;
  const actorId = found['actor_id'];
  return {
    row,
    chat: { type: found['chat_type'] === 'direct' ? 'direct' : 'group', isActive: Number(found['is_active']) === 1 },
    actor: actorId === null ? null : { userId: Number(actorId), isAdmin: Number(found['is_admin']) === 1 },
  };
}
