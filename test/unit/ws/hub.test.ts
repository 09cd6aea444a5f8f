import { expect } from 'chai';
import type { ChatEvent } from '../../../src/domain/events.js';
import type { Broker } from '../../../src/ports/broker.js';
import type { CloseName } from '../../../src/protocol/close-codes.js';
import { createHub, type Hub } from '../../../src/ws/hub/index.js';
import type { Delivery, Fill, Recipient } from '../../../src/ws/hub/delivery.js';
import { ModelStore } from './model-store.js';
import { FakeClock, MemoryLogger, sent, settle, typed } from './fakes.js';

class Recorder implements Recipient {
  readonly deliveries: Delivery[] = [];
  readonly closes: CloseName[] = [];
  readonly fills: number[] = [];
  toldUpTo: number | null = null;
  constructor(readonly userId: number) {}
  deliver(delivery: Delivery): void {
    this.deliveries.push(delivery);
  }
  fill(fill: Fill): void {
    this.fills.push(fill.rev);
  }
  close(name: CloseName): void {
    this.closes.push(name);
  }
  revs(): unknown[] {
    return this.deliveries.map(({ event }) => ('rev' in event ? event.rev : event.type));
  }
}

/** A broker that delivers only what the test says, and records the calls. */
class ScriptedBroker implements Broker {
  readonly calls: string[] = [];
  subscribing: Promise<void> = Promise.resolve();
  private deliver: (events: readonly ChatEvent[]) => void = () => undefined;
  onEvents(listener: (events: readonly ChatEvent[]) => void): void {
    this.deliver = listener;
  }
  async subscribe(chatId: number): Promise<void> {
    this.calls.push(`subscribe ${chatId}`);
    await this.subscribing;
    this.calls.push(`active ${chatId}`);
  }
  unsubscribe(chatId: number): Promise<void> {
    this.calls.push(`unsubscribe ${chatId}`);
    return Promise.resolve();
  }
  publish(events: readonly ChatEvent[]): Promise<void> {
    this.deliver(events);
    return Promise.resolve();
  }
  onUserEvents(): void {}
  doubt: (chatId: number | null) => void = () => undefined;
  onDoubt(listener: (chatId: number | null) => void): void {
    this.doubt = listener;
  }
  subscribeUser(): Promise<void> {
    return Promise.resolve();
  }
  unsubscribeUser(): Promise<void> {
    return Promise.resolve();
  }
  publishToUsers(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('hub', () => {
  let broker: ScriptedBroker;
  let logger: MemoryLogger;
  let hub: Hub;
  let store: ModelStore;

  beforeEach(() => {
    broker = new ScriptedBroker();
    logger = new MemoryLogger();
    store = new ModelStore(7, [1, 2, 3]);
    hub = createHub({ broker, clock: new FakeClock(), logger, changes: store, maxFillItems: 100 });
  });

  it('encodes an event once and gives every socket the same bytes, a batch in one turn', () => {
    const members = [new Recorder(1), new Recorder(2), new Recorder(3)];
    for (const member of members) hub.register(7, member).observe(0);
    void broker.publish([sent(1), sent(2)]);
    for (const member of members) expect(member.revs()).to.deep.equal([1, 2]);
    expect(members[1]?.deliveries[0]?.frame).to.equal(members[0]?.deliveries[0]?.frame);
    expect(members[2]?.deliveries[1]?.frame).to.equal(members[0]?.deliveries[1]?.frame);
  });

  it('holds events until the cursor has started, drops what the read has seen and goes on from there', () => {
    const member = new Recorder(1);
    const registration = hub.register(7, member);
    void broker.publish([sent(3), sent(2), sent(4)]);
    expect(member.revs()).to.deep.equal([]);
    registration.observe(2);
    expect(member.revs()).to.deep.equal([3, 4]);
  });

  it('lets an early event wait for the missing one and drops repeats', () => {
    const member = new Recorder(1);
    hub.register(7, member).observe(0);
    void broker.publish([sent(2)]);
    void broker.publish([sent(2), sent(1)]);
    void broker.publish([sent(1)]);
    expect(member.revs()).to.deep.equal([1, 2]);
  });

  it('ignores events of chats without sockets', () => {
    const member = new Recorder(1);
    hub.register(7, member).observe(0);
    void broker.publish([sent(1, { chatId: 8 }), typed(2, 8)]);
    expect(member.revs()).to.deep.equal([]);
  });

  it('does not call it a gap when the missing event comes in time', () => {
    const member = new Recorder(1);
    hub.register(7, member).observe(0);
    for (let rev = 1; rev < 40; rev += 2) {
      void broker.publish([sent(rev + 1)]);
      hub.tick();
      void broker.publish([sent(rev)]);
    }
    expect(member.closes).to.deep.equal([]);
    expect(member.revs()).to.have.length(40);
  });

  it('says when a read is older than what has gone by', () => {
    const first = hub.register(7, new Recorder(1));
    const second = hub.register(7, new Recorder(2));
    first.observe(5);
    expect(second.covers(4)).to.equal(false);
    expect(second.covers(5)).to.equal(true);
    void broker.publish([sent(6)]);
    const third = hub.register(7, new Recorder(3));
    expect(third.covers(5)).to.equal(false);
    expect(third.covers(6)).to.equal(true);
  });

  it('subscribes with the first socket, unsubscribes with the last, never out of order', async () => {
    let activate: () => void = () => undefined;
    broker.subscribing = new Promise((resolve) => (activate = resolve));
    const first = hub.register(7, new Recorder(1));
    const second = hub.register(7, new Recorder(2));
    first.leave();
    first.leave();
    second.leave();
    const again = hub.register(7, new Recorder(3));
    await settle();
    expect(broker.calls).to.deep.equal(['subscribe 7']);
    activate();
    await again.subscribed;
    expect(broker.calls).to.deep.equal(['subscribe 7', 'active 7', 'unsubscribe 7', 'subscribe 7', 'active 7']);
  });

  it('reports a subscription that fails to those who wait for it, and tries anew for the next', async () => {
    broker.subscribing = Promise.reject(new Error('broker is down'));
    const first = hub.register(7, new Recorder(1));
    const outcome = await first.subscribed.then(
      () => 'active',
      () => 'failed',
    );
    expect(outcome).to.equal('failed');
    first.leave();
    broker.subscribing = Promise.resolve();
    await hub.register(7, new Recorder(1)).subscribed;
    expect(broker.calls.at(-1)).to.equal('active 7');
  });

  it('logs an unsubscription that fails, and subscribes again for the next socket', async () => {
    broker.unsubscribe = () => Promise.reject(new Error('broker is down'));
    hub.register(7, new Recorder(1)).leave();
    await hub.register(7, new Recorder(2)).subscribed;
    expect(logger.at('warn')).to.deep.equal(['a subscription could not be ended']);
    expect(broker.calls.at(-1)).to.equal('active 7');
  });

  it('tells a user’s first and last live socket on a chat', () => {
    const one = hub.register(7, new Recorder(1));
    const two = hub.register(7, new Recorder(1));
    const other = hub.register(8, new Recorder(2));
    expect([one.enter(), one.enter(), two.enter(), other.enter()]).to.deep.equal([true, false, false, true]);
    expect(hub.onlineIn(7)).to.deep.equal([1]);
    expect(hub.onlineIn(9)).to.deep.equal([]);
    expect([one.leave(), one.leave(), two.leave(), other.leave()]).to.deep.equal([false, false, true, true]);
    expect(hub.onlineIn(7)).to.deep.equal([]);
  });

  it('finishes one batch before the next, also when delivering publishes', () => {
    const order: string[] = [];
    const nested: Recipient = {
      userId: 1,
      toldUpTo: null,
      deliver({ event }) {
        order.push(`first ${event.type}`);
        if (event.type === 'new_message') void broker.publish([typed(3)]);
      },
      fill: () => undefined,
      close: () => undefined,
    };
    const other: Recipient = {
      userId: 2,
      toldUpTo: null,
      deliver: ({ event }) => order.push(`second ${event.type}`),
      fill: () => undefined,
      close: () => undefined,
    };
    hub.register(7, nested).observe(0);
    hub.register(7, other);
    void broker.publish([sent(1)]);
    expect(order).to.deep.equal([
      'first new_message',
      'second new_message',
      'first typing_started',
      'second typing_started',
    ]);
  });
});
