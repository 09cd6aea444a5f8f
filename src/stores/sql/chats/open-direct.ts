import { eq } from 'drizzle-orm';
import type { ChatView } from '../../../domain/chat.js';
import { AppError } from '../../../domain/errors.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import { duplicateKey } from '../errors.js';
import { chatPlaces } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { activeUsers, chatWithMembers } from '../ground/members.js';
import { toView } from '../ground/chat-rows.js';
import { settled } from '../ground/settle.js';
import { insertChat, wasCreated } from './create-group.js';
import { changeOwnRow } from './own-row.js';

/** The unique key on `low:high` decides who creates; whoever comes second reads what is there. */
export async function openDirect(
  context: RepositoryContext,
  userId: number,
  otherId: number,
): ReturnType<ChatStore['openDirect']> {
  if (userId === otherId) throw new AppError('unknown_participants');
  const key = `${Math.min(userId, otherId)}:${Math.max(userId, otherId)}`;
  const existing = await findDirect(context, key);
  if (existing !== null) return unhide(context, existing, userId);
  const created = await createDirect(context, key, userId, otherId);
  if (created !== null) return { view: created, created: true, unhidden: false };
  const theirs = await findDirect(context, key);
  if (theirs === null) throw new AppError('unavailable');
  return unhide(context, theirs, userId);
}

async function findDirect({ sql }: RepositoryContext, key: string): Promise<ChatView | null> {
  const { chats } = sql.tables;
  return sql.read(async (session) => {
    const [row] = await session.db.select({ id: chats.id }).from(chats).where(eq(chats.directKey, key));
    const found = row === undefined ? null : await chatWithMembers(session, sql.tables, row.id);
    return found === null ? null : toView(found.chat, found.members);
  });
}

/** Null where someone else has created it since. */
async function createDirect(
  context: RepositoryContext,
  directKey: string,
  userId: number,
  otherId: number,
): Promise<ChatView | null> {
  const { sql } = context;
  return settled(
    sql,
    async (tx) => {
      const users = await activeUsers(tx, sql.tables, [userId, otherId]);
      try {
        return await insertChat(tx, context, { name: null, chatType: 'direct', directKey }, users, userId, () => false);
      } catch (error) {
        if (duplicateKey(error) === 'chats_direct_key') return null;
        throw error;
      }
    },
    async (tx, view) => (view === null ? 'committed' : wasCreated(tx, context, view)),
    chatPlaces(context),
  );
}

const SHOW = 'UPDATE chat_participants SET hidden_seq = NULL WHERE chat_id = ? AND user_id = ?';

async function unhide(context: RepositoryContext, view: ChatView, userId: number): ReturnType<ChatStore['openDirect']> {
  const mine = view.participants.find((participant) => participant.userId === userId);
  if (mine === undefined || mine.hiddenSeq === null) return { view, created: false, unhidden: false };
  const show = { text: SHOW, values: [view.chat.id, userId] };
  await changeOwnRow(context, view.chat.id, userId, show, (row) => row.hiddenSeq === null);
  const participants = view.participants.map((one) => (one.userId === userId ? { ...one, hiddenSeq: null } : one));
  // A newer message has brought it back already.
  const unhidden = view.chat.lastSeq <= mine.hiddenSeq;
  return { view: { ...view, participants }, created: false, unhidden };
}
