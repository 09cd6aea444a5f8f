import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { AppError } from '../../src/domain/errors.js';
import type { ChatView } from '../../src/domain/chat.js';
import type { Message } from '../../src/domain/message.js';
import type { User } from '../../src/domain/user.js';
import type { BodyStore } from '../../src/ports/body-store.js';
import type { ChangeLog } from '../../src/ports/change-log.js';
import type { ChatStore } from '../../src/ports/chat-store.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../src/ports/message-log.js';
import type { Inspection } from '../../src/ports/inspection.js';
import type { OldBodyStore } from '../../src/ports/old-body-store.js';
import type { UserStore } from '../../src/ports/user-store.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import type { ErrorCode } from '../../src/protocol/error-codes.js';

/** Called before every statement; may wait (to pause a transaction there) or throw (as if the driver had failed). */
export type StatementHook = (sql: string, phase: 'read' | 'write' | 'commit') => void | Promise<void>;

/** The stores that the suites of chats and messages run against. */
export interface ChatStores {
  readonly users: UserStore;
  readonly chats: ChatStore;
  readonly messages: MessageLog;
  readonly changes: ChangeLog;
  readonly bodies: BodyStore;
  readonly oldBodies: OldBodyStore;
  readonly inspection: Inspection;
  /** For states that no port can bring about. */
  readonly sql: SqlDatabase;
  close(): Promise<void>;
}

export type OpenStores = (hooks?: { readonly onStatement?: StatementHook }) => Promise<ChatStores>;

/** Accounts with names of their own, so that tests of one database never meet. */
export async function people(stores: Pick<ChatStores, 'users'>, count: number): Promise<User[]> {
  const tag = randomUUID().slice(0, 8);
  const made: User[] = [];
  for (let index = 0; index < count; index += 1) {
    made.push(
      await stores.users.create({
        username: `u${tag}-${index}`,
        email: `u${tag}-${index}@example.org`,
        fullName: null,
        hashedPassword: 'unused',
      }),
    );
  }
  return made;
}

/** The n-th of a list that the test itself made. */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`the list has no item ${index}`);
  return item;
}

/** Resolves in a later millisecond: what happens before and after is told apart by its time. */
export async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now) await setImmediate();
}

/** A group whose first user is its creator and admin. */
export async function group(stores: Pick<ChatStores, 'chats'>, users: readonly User[]): Promise<ChatView> {
  return stores.chats.createGroup({
    name: 'A group',
    creatorId: at(users, 0).id,
    memberIds: users.slice(1).map((user) => user.id),
  });
}

export function draft(
  chatId: number,
  sender: User,
  content: string,
  clientMessageId: string | null = null,
): MessageDraft {
  return {
    chatId,
    senderId: sender.id,
    senderUsername: sender.username,
    content,
    messageType: 'text',
    clientMessageId,
  };
}

/** The stored message of an outcome that must be a success. */
export function stored(outcome: AppendOutcome | undefined): Message {
  if (outcome === undefined) throw new Error('no outcome');
  if (!outcome.ok) throw new Error(`not stored: ${outcome.error.code}`);
  return outcome.message;
}

export async function send(
  stores: Pick<ChatStores, 'messages'>,
  chatId: number,
  sender: User,
  content: string,
  clientMessageId: string | null = null,
): Promise<Message> {
  return stored((await stores.messages.append([draft(chatId, sender, content, clientMessageId)]))[0]);
}

/** The code of an outcome that must be a refusal. */
export function refusal(outcome: AppendOutcome | undefined): ErrorCode {
  if (outcome === undefined || outcome.ok) throw new Error('expected a refusal');
  return outcome.error.code;
}

/** Waits for a rejection with this code of the registry; a success or any other error fails the test. */
export async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const problem: unknown = await work.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  if (!(problem instanceof AppError)) throw new Error('expected an AppError', { cause: problem });
  expect(problem.code).to.equal(code);
}

/** Contents of a list of messages, in its order. */
export function contents(messages: readonly Message[]): (string | null)[] {
  return messages.map((message) => message.content);
}

export function seqs(messages: readonly Message[]): number[] {
  return messages.map((message) => message.seq);
}
