import { and, eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import { enforce } from '../../../domain/policies/decision.js';
import { mayEdit } from '../../../domain/policies/message-policy.js';
import type { Change } from '../../../ports/chat-store.js';
import type { MessageLog } from '../../../ports/message-log.js';
import { ERROR_CODES } from '../../../protocol/error-codes.js';
import { lockChat } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { settled, type Verdict } from '../ground/settle.js';
import type { Session, SqlDatabase } from '../database.js';
import { withContents } from '../ground/contents.js';
import { toMessage, type MessageRow } from '../ground/message-rows.js';
import { dropBodies, insertBodies } from './append/body-writes.js';
import { readMessageState } from './message-state.js';
import { assertFresh, synchronise, type Mint, type Minted } from './append/minting.js';

type Edit = Parameters<MessageLog['edit']>[0];

/** Superseded bodies stay this long for readers that still hold their row. */
const GRACE_MS = 24 * 3_600_000;

/** Each further round means that someone else's edit was committed in between, so a few are plenty. */
const MAX_ROUNDS = 8;

/**
 * The new body first, then a transaction that lets the row name it and files the old one: readers see old or new,
 * never a mix. Content is compared before the lock is taken, because bodies are not read under it; if the row names
 * another body by then, the comparison is made again.
 */
export async function editMessage(context: RepositoryContext, mint: Mint, edit: Edit): Promise<Change<Message>> {
  await synchronise(mint, context.sql, context.clock);
  const written: Minted[] = [];
  try {
    return await tryEdit(context, mint, edit, written);
  } catch (error) {
    if (error instanceof AppError && isRefusal(error)) await dropBodies(context, idsOf(written));
    throw error;
  }
}

async function tryEdit(
  context: RepositoryContext,
  mint: Mint,
  edit: Edit,
  written: Minted[],
): Promise<Change<Message>> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = await readEditable(context, edit);
    const [present] = await withContents(context, [before]);
    // Deleted or edited while its body was read: the next round decides anew.
    if (present === undefined || present.version !== before.version) continue;
    if (present.content === edit.content) {
      await dropBodies(context, idsOf(written));
      return { result: present, events: [] };
    }
    const minted = written[0] ?? (await storeBody(context, mint, before, edit.content));
    written[0] = minted;
    const change = await settled(
      context.sql,
      (tx) => writeEdit(tx, context, mint, edit, before, minted),
      (tx) => editVerdict(tx, context, before, minted),
      {
        beforeCommit: () => context.failpoints.hit('edit.before_commit'),
        afterCommit: () => context.failpoints.hit('edit.after_commit'),
      },
    );
    if (change !== null) return change;
  }
  await dropBodies(context, idsOf(written));
  throw new AppError('unavailable');
}

function idsOf(written: readonly Minted[]): readonly Uint8Array[] {
  return written.map((minted) => minted.id);
}

/** A rule said no; anything retryable might still have been committed and keeps its body. */
function isRefusal(error: AppError): boolean {
  return !ERROR_CODES[error.code].retryable;
}

async function readEditable({ sql }: RepositoryContext, edit: Edit): Promise<MessageRow> {
  return sql.read((session) => editableRow(session, sql.kind, edit));
}

async function editableRow(session: Session, kind: SqlDatabase['kind'], edit: Edit): Promise<MessageRow> {
  const { row, chat, actor } = await readMessageState(session, kind, edit.messageId, edit.actorId);
  enforce(mayEdit(chat, actor, row, edit.expectedVersion));
  return row;
}

async function storeBody(context: RepositoryContext, mint: Mint, row: MessageRow, content: string): Promise<Minted> {
  const minted = mint.mint();
  await context.failpoints.hit('edit.before_body');
  const { messageId, chatId, senderId } = row;
  const body = { id: minted.id, messageId, chatId, senderId, content, timestamp: minted.at };
  if ((await insertBodies(context, [body])).length > 0) throw new AppError('unavailable');
  await context.failpoints.hit('edit.after_body');
  return minted;
}

/** Null: another edit came first, and what it wrote has to be compared. */
async function writeEdit(
  tx: Session,
  context: RepositoryContext,
  mint: Mint,
  edit: Edit,
  before: MessageRow,
  minted: Minted,
): Promise<Change<Message> | null> {
  const { tables } = context.sql;
  const { chats, messageMetadata, oldBodies } = tables;
  const chat = await lockChat(tx, tables, before.chatId);
  if (chat === null) throw new AppError('message_not_found');
  const row = await editableRow(tx, context.sql.kind, edit);
  if (!Buffer.from(row.bodyId).equals(before.bodyId)) return null;
  const since = context.clock.monotonic();
  const now = await tx.now();
  mint.observe(now, since);
  assertFresh(minted, now, context.clock);
  const rev = chat.rev + 1;
  const bodyBytes = Buffer.byteLength(edit.content, 'utf8');
  const change = { bodyId: minted.id, bodyBytes, version: row.version + 1, isEdited: true, editedAt: now, rev };
  await tx.db
    .update(messageMetadata)
    .set(change)
    .where(and(eq(messageMetadata.chatId, row.chatId), eq(messageMetadata.seq, row.seq)));
  await tx.db.insert(oldBodies).values({
    bodyId: row.bodyId,
    chatId: row.chatId,
    messageId: row.messageId,
    version: row.version,
    reason: 'superseded',
    dueAt: new Date(now.getTime() + (context.supersededGraceMs ?? GRACE_MS)),
  });
  await tx.db.update(chats).set({ rev }).where(eq(chats.id, chat.id));
  const message = toMessage({ ...row, ...change }, edit.content);
  return { result: message, events: [{ type: 'message_updated', chatId: chat.id, rev, at: now, message }] };
}

/** The new body is named by the row, or by the file where a later edit or a deletion has followed. */
async function editVerdict(
  tx: Session,
  { sql: { tables } }: RepositoryContext,
  before: MessageRow,
  minted: Minted,
): Promise<Verdict> {
  const { messageMetadata, oldBodies } = tables;
  await lockChat(tx, tables, before.chatId);
  const named = await tx.db
    .select({ id: messageMetadata.id })
    .from(messageMetadata)
    .where(and(eq(messageMetadata.id, before.id), eq(messageMetadata.bodyId, minted.id)));
  if (named.length > 0) return 'committed';
  const filed = await tx.db
    .select({ version: oldBodies.version })
    .from(oldBodies)
    .where(eq(oldBodies.bodyId, minted.id));
  return filed.length > 0 ? 'committed' : 'absent';
}
