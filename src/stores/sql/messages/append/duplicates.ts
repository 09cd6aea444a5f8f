import { AppError } from '../../../../domain/errors.js';
import type { Message } from '../../../../domain/message.js';
import type { Words } from '../../words.js';
import type { Session, SqlRow, Statement } from '../../database.js';
import { asBytes, messageColumns, readMessageRow, type MessageRow } from '../../ground/message-rows.js';
import type { RepositoryContext } from '../../ground/context.js';
import { withContents } from '../../ground/contents.js';
import { keyOf, type Send } from './sends.js';

/** The message that a client_message_id was first used for, and the hash of what was asked then. */
export interface FirstMessage {
  readonly row: MessageRow;
  /** null: deleted since; then every repeat is a duplicate, because what it said is gone. */
  readonly requestHash: Uint8Array | null;
}

/** Which of the sends are stored already; one statement, none where no send has a client_message_id. */
export async function findFirst(
  session: Session,
  words: Words,
  sends: readonly Send[],
): Promise<ReadonlyMap<Send, FirstMessage>> {
  const statement = firstMessages(words, sends);
  return statement === null
    ? new Map()
    : readFirstMessages(sends, await session.query(statement.text, statement.values));
}

/** The statement of `findFirst`; null where no send has a client_message_id. */
export function firstMessages(words: Words, sends: readonly Send[]): Statement | null {
  const keys = sends.flatMap(({ draft: { chatId, senderId, clientMessageId } }) =>
    clientMessageId === null ? [] : [[chatId, senderId, Buffer.from(clientMessageId, 'utf8')]],
  );
  if (keys.length === 0) return null;
  const wanted = words.tableOf({ chat_id: 'plain', sender_id: 'plain', client_id: 'bytes' }, keys);
  return {
    text: `SELECT ${messageColumns(words)}, m.request_hash
     FROM ${wanted.text} k
     JOIN message_metadata m
       ON m.chat_id = k.chat_id AND m.sender_id = k.sender_id AND m.client_message_id = k.client_id
     JOIN users u ON u.id = m.sender_id`,
    values: wanted.values,
  };
}

/** What it answered, by send. */
export function readFirstMessages(sends: readonly Send[], answer: readonly SqlRow[]): ReadonlyMap<Send, FirstMessage> {
  const keyed = new Map<string, Send>();
  for (const send of sends) {
    const { chatId, senderId, clientMessageId } = send.draft;
    if (clientMessageId !== null) keyed.set(keyOf(chatId, senderId, clientMessageId), send);
  }
  const found = new Map<Send, FirstMessage>();
  for (const row of answer) {
    const first = readMessageRow(row);
    if (first === null) continue;
    const hash = row['request_hash'];
    const send = keyed.get(keyOf(first.chatId, first.senderId, first.clientMessageId ?? ''));
    if (send !== undefined) found.set(send, { row: first, requestHash: hash === null ? null : asBytes(hash) });
  }
  return found;
}

/** The first messages of repeats by id; one that is missing was deleted while being read. Or why they are not known. */
export type FirstMessages = ReadonlyMap<number, Message> | AppError;

/**
 * First messages as they stand now. Never rejects: other sends of the same call are committed by now, and a failure to
 * read must not be taken for one of theirs. A repeat is safe to ask again, so any failure is `unavailable`.
 */
export async function readFirsts(context: RepositoryContext, known: readonly FirstMessage[]): Promise<FirstMessages> {
  const rows = known.map((first) => first.row).filter((row) => !row.isDeleted);
  if (rows.length === 0) return new Map();
  try {
    return new Map((await withContents(context, rows)).map((message) => [message.id, message]));
  } catch (error) {
    return new AppError('unavailable', { cause: error });
  }
}

/** Enough for every client that is repeating after a fault; one that falls out costs a batch one more transaction. */
const MOST = 10_000;

/**
 * Senders whose repeats ran into the unique key. Nearly no send is a repeat, so none is looked up in advance; but whoever
 * repeats once (a client that reconnects, or one that wants to slow the server down) would make batches run twice, so
 * their sends are looked up with the locking read from then on.
 */
export class Repeaters {
  /** Longest ago first. */
  readonly #senders = new Set<number>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  has(senderId: number): boolean {
    return this.#senders.has(senderId);
  }

  add(senderId: number): void {
    this.#senders.delete(senderId);
    this.#senders.add(senderId);
    const [oldest] = this.#senders;
    if (this.#senders.size > this.#most && oldest !== undefined) this.#senders.delete(oldest);
  }
}
