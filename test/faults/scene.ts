import type { User } from '../../src/domain/user.js';
import type { StatementHooks } from '../../src/stores/sql/database.js';
import { at, draft, group, people, send, type ChatStores } from '../conformance/chat-store.fixtures.js';

/** A group in the middle of its life: an admin, two members, someone outside, and an edited message. */
export interface Scene {
  readonly stores: ChatStores;
  readonly ada: User;
  readonly bob: User;
  readonly eve: User;
  readonly out: User;
  readonly chatId: number;
  readonly messageId: number;
}

export async function setScene(stores: ChatStores): Promise<Scene> {
  const users = await people(stores, 4);
  const [ada, bob, eve, out] = [at(users, 0), at(users, 1), at(users, 2), at(users, 3)];
  const { chat } = await group(stores, [ada, bob, eve]);
  const message = await send(stores, chat.id, ada, 'one');
  await stores.messages.edit({ messageId: message.id, actorId: ada.id, content: 'two' });
  return { stores, ada, bob, eve, out, chatId: chat.id, messageId: message.id };
}

/** Every durable change once; what a draft of `append` is refused with is thrown, like everywhere else. */
export const ACTIONS: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  append: async ({ stores, ada, bob, chatId }) => {
    const outcomes = await stores.messages.append([draft(chatId, ada, 'a', 'k'), draft(chatId, bob, 'b')]);
    for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    return outcomes;
  },
  edit: ({ stores, ada, messageId }) => stores.messages.edit({ messageId, actorId: ada.id, content: 'three' }),
  remove: ({ stores, ada, messageId }) => stores.messages.remove(messageId, ada.id),
  rename: ({ stores, ada, chatId }) => stores.chats.rename(chatId, ada.id, 'Renamed'),
  add: ({ stores, ada, out, chatId }) => stores.chats.addParticipants(chatId, ada.id, [out.id]),
  expel: ({ stores, ada, bob, chatId }) => stores.chats.removeParticipant(chatId, ada.id, bob.id, 'remove'),
  leave: ({ stores, ada, chatId }) => stores.chats.removeParticipant(chatId, ada.id, ada.id, 'leave'),
  promote: ({ stores, ada, bob, chatId }) => stores.chats.setAdmin(chatId, ada.id, bob.id, true),
  read: ({ stores, bob, chatId }) => stores.chats.markRead(chatId, bob.id, 1),
  direct: ({ stores, ada, out }) => stores.chats.openDirect(ada.id, out.id),
  create: ({ stores, ada, out }) => stores.chats.createGroup({ name: 'New', creatorId: ada.id, memberIds: [out.id] }),
};

/** All that the ports show of a scene, without what differs from one scene to the next (ids, times). */
export async function stateOf({ stores, ada, bob, eve, out, chatId }: Scene): Promise<object> {
  const names = new Map([ada, bob, eve, out].map((user, index) => [user.id, index]));
  const view = await stores.chats.view(chatId, eve.id);
  const history = await stores.messages.window(chatId, eve.id, { kind: 'newest', limit: 100 });
  const filed = await stores.oldBodies.due(new Date('2999-01-01T00:00:00Z'), 100_000);
  const lists: object[] = [];
  for (const user of [ada, bob, eve, out]) {
    const { items, total } = await stores.chats.list(user.id, { offset: 0, limit: 10 });
    lists.push({
      total,
      items: items.map(({ chat, unreadCount }) => [chat.name, chat.rev, chat.lastSeq, unreadCount]),
    });
  }
  return {
    name: view.chat.name,
    rev: view.chat.rev,
    lastSeq: view.chat.lastSeq,
    participants: view.participants.map((one) => [names.get(one.userId), one.isAdmin, one.lastReadSeq, one.rev]).sort(),
    messages: history.items.map(({ seq, rev, version, content }) => [seq, rev, version, content]),
    filed: filed.filter((entry) => entry.chatId === chatId).map((entry) => entry.reason),
    lists,
  };
}

/** Hooks that stay quiet until a test sets them. */
export class Faults implements StatementHooks {
  onStatement: NonNullable<StatementHooks['onStatement']> = () => undefined;
  afterCommit: NonNullable<StatementHooks['afterCommit']> = () => undefined;

  reset(): void {
    this.onStatement = () => undefined;
    this.afterCommit = () => undefined;
  }

  /** The hooks as they are at the time of each statement. */
  hooks(): StatementHooks {
    return {
      onStatement: (text, phase) => this.onStatement(text, phase),
      afterCommit: () => this.afterCommit(),
    };
  }
}

/** An error as the drivers throw it. */
export function driverError(code: string, errno?: number): Error {
  return Object.assign(new Error('injected'), { code, ...(errno === undefined ? {} : { errno }) });
}

export const deadlock = (): Error => driverError('ER_LOCK_DEADLOCK', 1213);
export const connectionLost = (): Error => driverError('PROTOCOL_CONNECTION_LOST');
