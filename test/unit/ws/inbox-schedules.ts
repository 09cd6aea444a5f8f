import { expect } from 'chai';
import { settle, START, type Frame } from './fakes.js';
import type { Peer } from './harness.js';
import { Keeper } from './keeper.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { SocketLimits } from '../../../src/ws/types.js';
import type { Random } from '../../helpers/random.js';
import { CHAT, World } from './schedules.js';

type Held = ReadonlyMap<string, { readonly rev: number; readonly value: string }>;

/**
 * A client that keeps one of the chats of its inbox. Events are live from the start, and what was missed is asked for
 * behind them, so until that has come a change may come twice: once as an event and once with the replay.
 */
export class InboxKeeper extends Keeper {
  /** Between what it has and what is live something is missing. */
  protected hasGap = true;
  /** Resumes that have not been answered. */
  private pending = 0;

  get isOut(): boolean {
    return this.isOver;
  }

  override connected(): void {
    super.connected();
    this.hasGap = true;
    this.pending = 0;
  }

  /** A resume from `rev` is under way. */
  asked(): void {
    this.pending += 1;
  }

  /** A resume has ended. */
  protected answered(): void {
    this.pending -= 1;
  }

  override startAfresh(rev: number, state: Held): void {
    super.startAfresh(rev, state);
    this.hasGap = false;
  }

  override take(frame: Frame): void {
    const isOurs = frame['chat_id'] === this.chatId;
    switch (frame['type']) {
      case 'inbox_ready':
        return this.ready(frame['revs'] as Record<string, number>, frame['id'] !== undefined);
      case 'chat_added':
        if (isOurs) this.added();
        return;
      case 'chat_removed':
        if (isOurs) this.isOver = true;
        return;
      case 'error':
        this.pending -= 1;
        return;
      case 'caught_up':
        // Of what was live: what was missed before it still is.
        return this.hasGap ? undefined : super.take(frame);
      case 'ready':
        this.hasGap = false;
        return super.take(frame);
      default:
        return super.take(frame);
    }
  }

  protected override mayRepeat(): boolean {
    return this.pending > 0 || !this.isLive;
  }

  private added(): void {
    this.isOver = false;
    this.isLive = false;
    this.hasGap = true;
  }

  private ready(revs: Record<string, number>, isAnswer: boolean): void {
    if (isAnswer) this.pending -= 1;
    const rev = revs[this.chatId];
    if (rev === undefined) {
      if (!isAnswer) this.isOver = true;
      return;
    }
    if (!isAnswer) this.hasGap = rev !== this.rev;
    if (this.hasGap) return;
    expect(rev, 'the rev of inbox_ready').to.be.at.least(this.rev);
    this.rev = rev;
    this.isLive = true;
  }
}

/** The same chat and the same troubles, seen from sockets of all chats; news of the users' lists get lost as well. */
export class InboxWorld extends World {
  override readonly keepers: readonly [InboxKeeper, ...InboxKeeper[]] = [
    new InboxKeeper(1, CHAT),
    new InboxKeeper(2, CHAT),
    new InboxKeeper(3, CHAT),
  ];
  /** A list is compared with the store once a minute. */
  protected override readonly calmTicks = 260;

  constructor(dice: Random, limits: Partial<SocketLimits> = {}) {
    super(dice, limits);
    const { store } = this.harness;
    store.add(CHAT + 1, [1, 2, 3]);
    this.harness.chatsOf = this.slowly((actor, limit) => store.chatsOf(actor.userId, limit));
  }

  protected override write(): DurableEvent {
    const event = super.write();
    const base = { chatId: CHAT, rev: event.rev, at: new Date(START) };
    const copies = this.isCalm ? 1 : this.dice.below(3);
    for (let copy = 0; copy < copies; copy += 1) {
      if (event.type === 'participant_added') {
        const { userId } = event.participant;
        void this.harness.broker.publishToUsers([{ ...base, type: 'chat_added', userId }]);
      } else if (event.type === 'participant_removed') {
        void this.harness.broker.publishToUsers([{ ...base, type: 'chat_removed', userId: event.userId }]);
      }
    }
    return event;
  }

  protected override come(keeper: Keeper): void {
    if (this.peers.get(keeper)?.peer.socket.closedWith === null) return;
    keeper.connected();
    const query = `token=${keeper.userId}`;
    this.peers.set(keeper, { peer: this.harness.open(keeper.userId, { path: '/api/v1/ws', query }), taken: 0 });
    this.resumeAgain(keeper);
  }

  protected override resumeAgain(keeper: Keeper): void {
    const peer = this.peers.get(keeper)?.peer;
    if (peer === undefined || !(keeper instanceof InboxKeeper)) return;
    keeper.asked();
    const epoch = this.dice.below(10) === 0 ? 'another' : this.harness.store.epoch;
    peer.send({ type: 'resume', chats: { [CHAT]: keeper.rev }, epoch, id: 'again' });
  }

  protected override async catchUp(): Promise<void> {
    for (const keeper of this.keepers) {
      this.resumeAgain(keeper);
      for (let turn = 0; turn < 4; turn += 1) await settle();
    }
    this.takeFrames();
    // A chat that stands where the client does costs a resume of many nothing, and so brings no marks of others either.
    for (const keeper of this.keepers) {
      const resume = { type: 'resume', chat_id: CHAT, since_rev: keeper.rev, epoch: this.harness.store.epoch };
      if (!keeper.isOut) this.peers.get(keeper)?.peer.send(resume);
      for (let turn = 0; turn < 4; turn += 1) await settle();
    }
    this.takeFrames();
  }

  protected override isReader(keeper: Keeper, peer: Peer): boolean {
    if (peer.socket.closedWith !== null || !(keeper instanceof InboxKeeper)) return false;
    const isIn = this.harness.store.chat(CHAT).members.has(keeper.userId);
    expect(keeper.isOut, `user ${keeper.userId} is out`).to.equal(!isIn);
    return isIn;
  }
}
