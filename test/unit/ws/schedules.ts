import { expect } from 'chai';
import { createMemoryBroker } from '../../../src/brokers/memory.js';
import { AppError } from '../../../src/domain/errors.js';
import type { ChatEvent, DurableEvent } from '../../../src/domain/events.js';
import type { Broker } from '../../../src/ports/broker.js';
import type { Delta } from '../../../src/ports/change-log.js';
import { presentEvent } from '../../../src/presenters/events.js';
import type { SocketLimits } from '../../../src/ws/types.js';
import type { Random } from '../../helpers/random.js';
import { message, participant, settle, START, type Frame } from './fakes.js';
import { Harness, type Peer } from './harness.js';
import { Keeper, objectOf } from './keeper.js';

export const CHAT = 7;
/** Turns of the loop in which the longest delta of these schedules is read, of 60 objects in slices of three. */
const MANY = 30;

/** A read of the store that has begun: it looks at one moment and answers at a later one. */
interface Pending {
  look(): void;
  answer: (() => void) | null;
}

/** Members of one chat write, come, go and read on, while the broker and the store do what they may. */
export class World {
  readonly harness: Harness;
  readonly keepers: readonly [Keeper, ...Keeper[]] = [new Keeper(1, CHAT), new Keeper(2, CHAT), new Keeper(3, CHAT)];
  readonly peers = new Map<Keeper, { peer: Peer; taken: number }>();
  private readonly broker = createMemoryBroker();
  private readonly underWay: ChatEvent[] = [];
  private readonly reads: Pending[] = [];
  /** How long the peace lasts in which everything has to be made good. */
  protected readonly calmTicks: number = 40;
  protected isCalm = false;

  constructor(
    protected readonly dice: Random,
    limits: Partial<SocketLimits> = {},
  ) {
    const broker: Broker = { ...this.broker, publish: (events) => this.publish(events) };
    this.harness = new Harness(
      { maxQueuedBytes: dice.below(3) === 0 ? 3_000 : 0, resumeMaxItems: dice.of([4, 1_000]), ...limits },
      broker,
    );
    const { store } = this.harness;
    this.harness.join = this.slowly((actor, chatId) => store.join(actor.userId, chatId));
    this.harness.resume = this.slowly(async (actor, chatId, since, max) => {
      const answer = await store.resume(actor.userId, chatId, since, max);
      return answer.kind === 'delta' ? { ...answer, delta: this.slowSlices(answer.delta) } : answer;
    });
    const missed = store.missed.bind(store);
    store.missed = this.slowly(async (chatId, after, most) => {
      const delta = await missed(chatId, after, most);
      return delta === null ? null : this.slowSlices(delta);
    });
    store.revs = this.slowly(store.revs.bind(store));
  }

  async step(): Promise<void> {
    const { dice } = this;
    // What a client asks depends on what it has seen.
    await settle();
    this.takeFrames();
    const steps: readonly [() => void, ...(() => void)[]] = [
      () => this.write(),
      () => this.write(),
      () => this.read(1 + dice.below(3)),
      () => this.come(dice.of(this.keepers)),
      () => this.go(dice.of(this.keepers)),
      () => this.resumeAgain(dice.of(this.keepers)),
      () => this.deliverSome(),
      () => this.readSome(),
      () => this.readSome(),
      () => this.harness.ticker.tick(1 + dice.below(4)),
    ];
    dice.of(steps)();
  }

  /** Everything arrives, everybody comes once more: all have what there is. */
  async end(): Promise<void> {
    this.isCalm = true;
    while (this.reads.length > 0 || this.underWay.length > 0) {
      this.underWay.splice(0).forEach((event) => void this.broker.publish([event]));
      for (const read of this.reads.splice(0)) {
        if (read.answer === null) read.look();
        read.answer?.();
      }
      await settle(MANY);
    }
    for (let count = 0; count < this.calmTicks; count += 1) {
      this.harness.ticker.tick();
      await settle();
    }
    this.takeFrames();
    await this.catchUp();
    this.expectComplete('those who stayed');
    for (const keeper of this.keepers) {
      this.go(keeper);
      this.come(keeper);
      await settle(MANY);
    }
    this.takeFrames();
    await this.catchUp();
    this.expectComplete('those who came again');
  }

  /** What whoever stayed has to ask for, to have everything. */
  protected catchUp(): Promise<void> {
    return Promise.resolve();
  }

  /** Whether the chat is the reader's, who then has all of it. */
  protected isReader(_keeper: Keeper, peer: Peer): boolean {
    return peer.socket.closedWith === null;
  }

  private expectComplete(who: string): void {
    const state = this.state();
    for (const [keeper, { peer }] of this.peers) {
      if (!this.isReader(keeper, peer)) continue;
      const values = [...keeper.held].map(([key, { value }]) => [key, value]);
      expect(new Map(values as [string, string][]), `${who}: user ${keeper.userId}`).to.deep.equal(
        new Map([...state].map(([key, { value }]) => [key, value])),
      );
      expect(keeper.rev, `${who}: rev of user ${keeper.userId}`).to.equal(this.harness.rev);
      expect(keeper.marks, `${who}: read marks of user ${keeper.userId}`).to.deep.equal(
        this.harness.store.chat(CHAT).marks,
      );
    }
  }

  /** What a client reads over REST that starts afresh. */
  private state(): ReadonlyMap<string, { rev: number; value: string }> {
    return new Map(
      this.harness.store
        .chat(CHAT)
        .delta(0)
        .events.map((event) => {
          const [key, value] = objectOf(presentEvent(event) as unknown as Frame);
          return [key, { rev: event.rev, value }];
        }),
    );
  }

  protected write(): DurableEvent {
    const { dice, harness } = this;
    const chat = harness.store.chat(CHAT);
    const [rev, seq] = [chat.rev + 1, chat.lastSeq + 1];
    const base = { chatId: CHAT, rev, at: new Date(START) };
    const target = 1 + dice.below(Math.max(1, chat.lastSeq));
    const isDeleted = chat.log.some((event) => event.type === 'message_deleted' && event.seq === target);
    const touched = { id: 100 + target, seq: target, rev, senderId: 1, content: `edited at ${rev}` };
    const choice = chat.lastSeq === 0 || isDeleted ? 0 : dice.below(8);
    const event: DurableEvent =
      choice < 4
        ? { ...base, type: 'new_message', message: message({ id: 100 + seq, seq, rev, content: `text ${seq}` }) }
        : choice === 4
          ? { ...base, type: 'message_updated', message: message(touched) }
          : choice === 5
            ? { ...base, type: 'message_deleted', messageId: 100 + target, seq: target, deletedBy: 1 }
            : choice === 6
              ? { ...base, type: 'chat_updated', name: `name ${rev}`, updatedAt: base.at }
              : chat.members.has(3)
                ? { ...base, type: 'participant_removed', userId: 3, by: 1 }
                : { ...base, type: 'participant_added', participant: participant(3), by: 1 };
    harness.publish(event);
    return event;
  }

  /** A mark is state: of several that are under way only the last one counts. */
  private read(userId: number): void {
    const { lastSeq, marks } = this.harness.store.chat(CHAT);
    const lastReadSeq = Math.max(marks.get(userId) ?? 0, this.dice.below(lastSeq + 1));
    marks.set(userId, lastReadSeq);
    const event = { type: 'read' as const, chatId: CHAT, userId, lastReadSeq, ownOnly: false, at: new Date(START) };
    void this.harness.broker.publish([event]);
  }

  protected come(keeper: Keeper): void {
    if (this.peers.get(keeper)?.peer.socket.closedWith === null) return;
    keeper.connected();
    const epoch = this.dice.below(10) === 0 ? 'another' : this.harness.store.epoch;
    const query = `token=${keeper.userId}&since_rev=${keeper.rev}&epoch=${epoch}`;
    this.peers.set(keeper, { peer: this.harness.open(keeper.userId, { query }), taken: 0 });
  }

  protected go(keeper: Keeper): void {
    const peer = this.peers.get(keeper)?.peer;
    if (peer === undefined) return;
    // What the server has sent arrives up to some point; nothing after it does.
    this.takeFrames(keeper, this.isCalm ? Infinity : this.dice.below(6));
    peer.socket.closedWith ??= 1006;
    peer.listener.closed(1006);
    this.peers.delete(keeper);
  }

  protected resumeAgain(keeper: Keeper): void {
    const { rev } = keeper;
    this.peers.get(keeper)?.peer.send({ type: 'resume', since_rev: rev, id: 'again' });
  }

  /** Loses, doubles and delays. */
  private publish(events: readonly ChatEvent[]): Promise<void> {
    for (const event of events) {
      const fate = this.isCalm || !('rev' in event) ? 0 : this.dice.below(8);
      if (fate === 1) continue;
      if (fate <= 4) void this.broker.publish([event]);
      if (fate >= 4) this.underWay.push(event);
    }
    return Promise.resolve();
  }

  private deliverSome(): void {
    const index = this.dice.below(Math.max(1, this.underWay.length));
    for (const event of this.underWay.splice(index, 1)) void this.broker.publish([event]);
  }

  private readSome(): void {
    const read = this.reads[this.dice.below(Math.max(1, this.reads.length))];
    if (read === undefined) return;
    if (read.answer === null) return read.look();
    this.reads.splice(this.reads.indexOf(read), 1);
    read.answer();
  }

  protected slowly<A extends readonly unknown[], T>(read: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    const { dice } = this;
    return (...args) => {
      if (this.isCalm) return read(...args);
      return new Promise((resolve, reject) => {
        const pending: Pending = {
          answer: null,
          look() {
            const fails = dice.below(8) === 0;
            const result = fails ? Promise.reject<T>(new AppError('unavailable')) : read(...args);
            result.catch(() => undefined);
            pending.answer = () => void result.then(resolve, reject);
          },
        };
        this.reads.push(pending);
      });
    };
  }

  private slowSlices(delta: Delta): Delta {
    return { ...delta, slices: delta.slices.map((slice) => this.slowly(slice)) };
  }

  protected takeFrames(only?: Keeper, atMost = Infinity): void {
    for (const [keeper, entry] of this.peers) {
      if (only !== undefined && keeper !== only) continue;
      const { peer } = entry;
      const frames = peer.socket.frames.slice(entry.taken, entry.taken + atMost);
      for (const bytes of frames) {
        const frame = JSON.parse(Buffer.from(bytes).toString('utf8')) as Frame;
        keeper.take(frame);
        // The client reads the chat as it is now; frames that are under way are older or newer than that.
        if (frame['type'] === 'resync_required') {
          keeper.startAfresh(Number(frame['rev']), this.state());
          for (const mark of this.harness.store.chat(CHAT).marks) keeper.mark(...mark);
        }
      }
      entry.taken += frames.length;
    }
  }
}
