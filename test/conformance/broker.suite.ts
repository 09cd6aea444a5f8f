import { expect } from 'chai';
import type { ChatEvent, UserEvent } from '../../src/domain/events.js';
import type { Broker } from '../../src/ports/broker.js';

/** Brokers on one bus: one where there is but one node, at least two otherwise. */
export interface OpenBus {
  readonly nodes: readonly [Broker, ...Broker[]];
  /** Ends and restores the way between the nodes; null where there is none that could end. */
  readonly outage: { cut(): void; restore(): void } | null;
}

const at = new Date('2026-01-02T03:04:05.678Z');

function typing(chatId: number, userId: number): ChatEvent {
  return { type: 'typing_started', chatId, userId, username: `user ${userId}`, at };
}

function added(userId: number, chatId: number): UserEvent {
  return { type: 'chat_added', userId, chatId, rev: 3, at };
}

/** What every broker promises, on each of its nodes. */
export function brokerSuite(name: string, open: () => OpenBus): void {
  describe(`broker: ${name}`, () => {
    let bus: OpenBus;
    let heard: ChatEvent[][][];
    let told: UserEvent[][];
    let doubts: (number | null)[][];

    beforeEach(() => {
      bus = open();
      heard = bus.nodes.map(() => []);
      told = bus.nodes.map(() => []);
      doubts = bus.nodes.map(() => []);
      bus.nodes.forEach((node, index) => {
        node.onEvents((events) => heard[index]?.push([...events]));
        node.onUserEvents((events) => told[index]?.push(...events));
        node.onDoubt((chatId) => doubts[index]?.push(chatId));
      });
    });
    afterEach(() => Promise.all(bus.nodes.map((node) => node.close())));

    it('carries the events of one call together and in order, to the node that publishes, too', async () => {
      for (const node of bus.nodes) await node.subscribe(7);
      const events = [1, 2, 3].map((userId) => typing(7, userId));
      await bus.nodes[0].publish(events);
      for (const batches of heard) expect(batches).to.deep.equal([events]);
    });

    it('carries nothing of chats that were not subscribed, or are no more', async () => {
      const [node] = bus.nodes;
      await node.publish([typing(7, 1)]);
      await node.subscribe(7);
      await node.publish([typing(8, 1), typing(7, 2)]);
      await node.unsubscribe(7);
      await node.publish([typing(7, 3)]);
      expect(heard[0]).to.deep.equal([[typing(7, 2)]]);
    });

    it('is active as soon as the subscription resolves', async () => {
      for (const [index, node] of bus.nodes.entries()) {
        await node.subscribe(20 + index);
        await bus.nodes[0].publish([typing(20 + index, 1)]);
        expect(heard[index]?.flat()).to.deep.equal([typing(20 + index, 1)]);
      }
    });

    it('carries what concerns a user by the same rules', async () => {
      for (const node of bus.nodes) await node.subscribeUser(1);
      await bus.nodes[0].publishToUsers([added(1, 7), added(2, 7), added(1, 8)]);
      for (const events of told) expect(events).to.deep.equal([added(1, 7), added(1, 8)]);
      for (const node of bus.nodes) await node.unsubscribeUser(1);
      await bus.nodes[0].publishToUsers([added(1, 9)]);
      for (const events of told) expect(events).to.have.length(2);
    });

    it('carries nothing after its end', async () => {
      const [node] = bus.nodes;
      await node.subscribe(7);
      await node.subscribeUser(1);
      await node.close();
      await Promise.allSettled([node.publish([typing(7, 1)]), node.publishToUsers([added(1, 7)])]);
      expect([heard[0], told[0]]).to.deep.equal([[], []]);
    });

    it('tells after an outage that anything may have been lost', async function () {
      const { outage } = bus;
      if (outage === null) {
        expect(doubts.flat()).to.deep.equal([]);
        return;
      }
      for (const node of bus.nodes) await node.subscribe(7);
      outage.cut();
      const [lost] = await Promise.allSettled([bus.nodes[0].publish([typing(7, 1)])]);
      expect(lost?.status).to.equal('rejected');
      outage.restore();
      for (const chats of doubts) expect(chats).to.deep.equal([null]);
      await bus.nodes[0].publish([typing(7, 2)]);
      for (const batches of heard) expect(batches).to.deep.equal([[typing(7, 2)]]);
    });
  });
}
