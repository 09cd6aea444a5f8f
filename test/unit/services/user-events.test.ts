import { expect } from 'chai';
import { createMemoryBroker } from '../../../src/brokers/memory.js';
import type { Participant } from '../../../src/domain/chat.js';
import type { ChatEvent, UserEvent } from '../../../src/domain/events.js';
import { createPublish } from '../../../src/services/realtime/publisher.js';
import { userEventsOf } from '../../../src/services/realtime/user-events.js';
import { silentLogger } from '../../helpers/stores.js';

const at = new Date(0);
const added = (chatId: number, userId: number, rev: number): ChatEvent => ({
  type: 'participant_added',
  chatId,
  rev,
  at,
  participant: { userId } as Participant,
  by: 1,
});
const removed = (chatId: number, userId: number, rev: number): ChatEvent => ({
  type: 'participant_removed',
  chatId,
  rev,
  at,
  userId,
  by: 1,
});

describe('events of users', () => {
  it('tell who came and who went, with the rev that the chat has after all of it', () => {
    const promoted: ChatEvent = {
      type: 'participant_updated',
      chatId: 1,
      rev: 8,
      at,
      participant: { userId: 5 } as Participant,
      by: 3,
    };
    expect(userEventsOf([removed(1, 3, 7), promoted, added(2, 4, 2), added(2, 6, 3)])).to.deep.equal([
      { type: 'chat_removed', userId: 3, chatId: 1, rev: 8, at },
      { type: 'chat_added', userId: 4, chatId: 2, rev: 3, at },
      { type: 'chat_added', userId: 6, chatId: 2, rev: 3, at },
    ]);
    expect(userEventsOf([promoted])).to.deep.equal([]);
  });

  it('are published in the turn of the change itself, after it', async () => {
    const broker = createMemoryBroker();
    const seen: string[] = [];
    broker.onEvents((events) => void seen.push(...events.map((event) => event.type)));
    broker.onUserEvents((events: readonly UserEvent[]) => void seen.push(...events.map((event) => event.type)));
    await broker.subscribe(1);
    await broker.subscribeUser(3);
    createPublish(broker, silentLogger)([removed(1, 3, 7), removed(1, 4, 8)]);
    expect(seen).to.deep.equal(['participant_removed', 'participant_removed', 'chat_removed']);
  });
});
