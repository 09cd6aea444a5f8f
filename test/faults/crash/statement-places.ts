import { AsyncLocalStorage } from 'node:async_hooks';
import type { Overrides } from '../../../src/app.js';
import type { ChangeName, StatementPlace } from './orders.js';

/**
 * Makes a place of every statement of a change's write transactions, BEGIN and COMMIT included, and of the moment after
 * each COMMIT. What it reads before and after changes nothing. What other work does meanwhile is none of the change's:
 * the changes are told apart by what called the store.
 */
export function statementPlaces(
  hit: (place: StatementPlace, text: string) => Promise<void> | undefined,
): Pick<Overrides, 'storeHooks' | 'wrapStores'> {
  const changes = new AsyncLocalStorage<ChangeName>();

  function at(text: string): Promise<void> | undefined {
    const change = changes.getStore();
    return change === undefined ? undefined : hit(`statement.${change}`, text);
  }

  return {
    storeHooks: {
      onStatement: (text, phase) => (phase === 'read' ? undefined : at(text)),
      afterCommit: () => at('after COMMIT'),
    },
    wrapStores(stores) {
      const { messages, chats } = stores;
      return {
        ...stores,
        messages: {
          ...messages,
          append: (...of) => changes.run('send', () => messages.append(...of)),
          appendUnlessBusy: (...of) => changes.run('send', () => messages.appendUnlessBusy(...of)),
          edit: (...of) => changes.run('edit', () => messages.edit(...of)),
          remove: (...of) => changes.run('delete', () => messages.remove(...of)),
        },
        chats: {
          ...chats,
          createGroup: (...of) => changes.run('create', () => chats.createGroup(...of)),
          openDirect: (...of) => changes.run('open', () => chats.openDirect(...of)),
          rename: (...of) => changes.run('rename', () => chats.rename(...of)),
          addParticipants: (...of) => changes.run('add', () => chats.addParticipants(...of)),
          removeParticipant: (...of) => changes.run('remove', () => chats.removeParticipant(...of)),
          setAdmin: (...of) => changes.run('promote', () => chats.setAdmin(...of)),
          markRead: (...of) => changes.run('read', () => chats.markRead(...of)),
        },
      };
    },
  };
}
