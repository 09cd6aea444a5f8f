import { and, eq } from 'drizzle-orm';
import { SUPERSEDED_FOR_MS } from '../../../domain/chat-rules.js';
import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import { enforce } from '../../../domain/policies/decision.js';
import { mayEdit } from '../../../domain/policies/message-policy.js';
import type { Change } from '../../../ports/chat-store.js';
import type { MessageLog } from '../../../ports/message-log.js';
import { ERROR_CODES } from '../../../protocol/error-codes.js';
import type { Session } from '../database.js';
import { withContents } from '../ground/contents.js';
import type { RepositoryContext } from '../ground/context.js';
import { toMessage, type MessageRow } from '../ground/message-rows.js';
import type { Verdict } from '../ground/settle.js';
import { dropBodies, insertBodies } from './append/body-writes.js';
import { assertFresh, synchronise, type Mint, type Minted } from './append/minting.js';
import { changeMessage, type LockedMessage, type MessageNeed, type PlannedMessageChange } from './change.js';
import { readMessageState } from './message-state.js';

type Edit = Parameters<MessageLog['edit']>[0];

/** Each further round means that someone else's edit was committed in between, so a few are plenty. */
const MAX_ROUNDS = 8;

/**
 * The new body first, then a transaction that lets the row name it and files the old one: readers see old or new,
 * never a mix. Content is compared before the lock is taken, because bodies are not read under it; if the row names
 * another body by then, the comparison is made again.
 */
export async function commitEdit(context: RepositoryContext, mint: Mint, edit: Edit): Promise<Change<Message>> {
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
    const change = await writeEdit(context, mint, edit, before, minted);
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
  return sql.read(async (session) => {
    const state = await readMessageState(session, sql.words, edit.messageId, edit.actorId);
    enforce(mayEditIt(edit)(state));
    return state.row;
  });
}

function mayEditIt({ expectedVersion }: Edit): MessageNeed['may'] {
  return ({ row, chat, actor }) => mayEdit(chat, actor, row, expectedVersion);
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
function writeEdit(
  context: RepositoryContext,
  mint: Mint,
  edit: Edit,
  before: MessageRow,
  minted: Minted,
): Promise<Change<Message> | null> {
  const { failpoints, clock } = context;
  const need = {
    chatId: before.chatId,
    messageId: edit.messageId,
    actorId: edit.actorId,
    may: mayEditIt(edit),
    places: {
      beforeCommit: () => failpoints.hit('edit.before_commit'),
      afterCommit: () => failpoints.hit('edit.after_commit'),
    },
  };
  return changeMessage(
    context,
    need,
    async (locked) => {
      if (!Buffer.from(locked.row.bodyId).equals(before.bodyId)) return null;
      mint.observe(locked.now, locked.askedAt);
      assertFresh(minted, locked.now, clock);
      return supersede(locked, context, edit.content, minted);
    },
    (tx) => editVerdict(tx, context, before, minted),
  );
}

/** The row names the new body, and the old one is filed. */
async function supersede(
  { tx, row, now, take }: LockedMessage,
  context: RepositoryContext,
  content: string,
  minted: Minted,
): Promise<PlannedMessageChange<Message>> {
  const { messageMetadata, oldBodies } = context.sql.tables;
  const { chatId, seq, bodyId, messageId, version } = row;
  const rev = take();
  const bodyBytes = Buffer.byteLength(content, 'utf8');
  const change = { bodyId: minted.id, bodyBytes, version: version + 1, isEdited: true, editedAt: now, rev };
  await tx.db
    .update(messageMetadata)
    .set(change)
    .where(and(eq(messageMetadata.chatId, chatId), eq(messageMetadata.seq, seq)));
  const dueAt = new Date(now.getTime() + (context.supersededGraceMs ?? SUPERSEDED_FOR_MS));
  await tx.db.insert(oldBodies).values({ bodyId, chatId, messageId, version, reason: 'superseded', dueAt });
  const message = toMessage({ ...row, ...change }, content);
  return { result: message, events: [{ type: 'message_updated', chatId, rev, at: now, message }] };
}

/** The new body is named by the row, or by the file where a later edit or a deletion has followed. */
async function editVerdict(
  tx: Session,
  { sql: { tables } }: RepositoryContext,
  before: MessageRow,
  minted: Minted,
): Promise<Verdict> {
  const { messageMetadata, oldBodies } = tables;
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
