import { expect } from 'chai';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { Random } from '../../helpers/random.js';
import { START, type Frame } from './fakes.js';
import { InboxKeeper, InboxWorld } from './inbox-schedules.js';
import { CHAT } from './schedules.js';

/** As an InboxKeeper, of a chat whose events the socket sends at times, and at others only that there are some. */
class CrowdedKeeper extends InboxKeeper {
  /** The highest rev of the chat that it has heard of, or has read over REST. */
  told = 0;

  constructor(
    userId: number,
    private readonly readRev: () => number,
  ) {
    super(userId, CHAT);
  }

  override take(frame: Frame): void {
    const isOurs = frame['chat_id'] === this.chatId;
    if (isOurs && typeof frame['rev'] === 'number') this.told = Math.max(this.told, frame['rev']);
    if (frame['type'] === 'inbox_ready') {
      const rev = (frame['revs'] as Record<string, number>)[this.chatId];
      // It is not sent: how it stands is asked once over REST.
      this.told = Math.max(this.told, rev ?? this.readRev());
      if (rev === undefined && frame['has_more_chats'] === true) {
        if (frame['id'] !== undefined) this.answered();
        return this.quieted();
      }
    }
    if (frame['type'] === 'chat_changed') {
      if (!isOurs) return;
      // It may have come up again, too.
      this.isOver = false;
      return this.quieted();
    }
    super.take(frame);
  }

  /** From here on nothing is live until it has been read on. */
  private quieted(): void {
    this.isLive = false;
    this.hasGap = true;
  }
}

/** Sockets with room for one chat and one that is only told of, while another chat of the same users comes up again and again. */
export class CrowdedInboxWorld extends InboxWorld {
  private readonly rev = (): number => this.harness.store.chat(CHAT).rev;
  override readonly keepers = [
    new CrowdedKeeper(1, this.rev),
    new CrowdedKeeper(2, this.rev),
    new CrowdedKeeper(3, this.rev),
  ] as const;

  constructor(dice: Random) {
    super(dice, { inbox: { loud: 1, quiet: 1 } });
    const { store } = this.harness;
    this.harness.recentChatsOf = this.slowly((actor, limit) => store.recentChatsOf(actor.userId, limit));
  }

  protected override write(): DurableEvent {
    const event = super.write();
    if (!this.isCalm && this.dice.below(3) === 0) {
      const other = { chatId: CHAT + 1, rev: 0, at: new Date(START) };
      void this.harness.broker.publishToUsers([
        { ...other, type: 'chat_added', userId: 1 + this.dice.below(this.keepers.length) },
      ]);
    }
    return event;
  }

  /** Before anybody asks: who is in the chat has been told up to where it stands. */
  protected override async catchUp(): Promise<void> {
    for (const [keeper, { peer }] of this.peers) {
      if (!(keeper instanceof CrowdedKeeper) || peer.socket.closedWith !== null || keeper.isOut) continue;
      if (!this.harness.store.chat(CHAT).members.has(keeper.userId)) continue;
      expect(keeper.told, `user ${keeper.userId} was told`).to.equal(this.rev());
    }
    await super.catchUp();
  }
}
