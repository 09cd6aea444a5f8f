import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { Change, ChatStore } from '../../../src/ports/chat-store.js';
import type { Chat, Seat } from './disk.js';
import type { StoreContext } from './stores.js';
import type { Plan } from './transactions.js';

/** Who is in a chat, and its name; user 1 is the admin of every chat and stays. */
export class SimChats {
  constructor(protected readonly on: StoreContext) {}

  async membership(chatId: number, userId: number): ReturnType<ChatStore['membership']> {
    await this.on.sim.step(this.on.owner);
    const { disk, sim } = this.on;
    const seat = disk.seats.get(chatId)?.get(userId);
    const { rev, lastSeq } = disk.chat(chatId);
    await sim.step(this.on.owner);
    return seat?.isIn === true ? { rev, lastSeq } : null;
  }

  add(chatId: number, userId: number): Promise<Change<readonly number[]>> {
    return this.change(chatId, (chat) => {
      const { disk } = this.on;
      if (disk.isIn(chatId, userId)) return { result: { result: [], events: [] }, writes: [] };
      const rev = chat.rev + 1;
      const seat: Seat = { userId, isIn: true, rev };
      const event: DurableEvent = {
        type: 'participant_added',
        chatId,
        rev,
        at: new Date(0),
        participant: disk.participant(chatId, seat),
        by: 1,
      };
      return { result: { result: [userId], events: [event] }, writes: [() => this.seat(chat, seat, rev)] };
    });
  }

  remove(chatId: number, userId: number): Promise<Change<null>> {
    return this.change(chatId, (chat) => {
      if (!this.on.disk.isIn(chatId, userId)) throw new AppError('participant_not_found');
      const rev = chat.rev + 1;
      const event: DurableEvent = { type: 'participant_removed', chatId, rev, at: new Date(0), userId, by: 1 };
      const seat: Seat = { userId, isIn: false, rev };
      return { result: { result: null, events: [event] }, writes: [() => this.seat(chat, seat, rev)] };
    });
  }

  rename(chatId: number, name: string): Promise<Change<null>> {
    return this.change(chatId, (chat) => {
      if (chat.name === name) return { result: { result: null, events: [] }, writes: [] };
      const rev = chat.rev + 1;
      const at = new Date(0);
      const event: DurableEvent = { type: 'chat_updated', chatId, rev, at, name, updatedAt: at };
      return {
        result: { result: null, events: [event] },
        writes: [() => void Object.assign(chat, { name, rev, changedRev: rev })],
      };
    });
  }

  protected change<T>(chatId: number, plan: (chat: Chat) => Plan<Change<T>>): Promise<Change<T>> {
    return this.on.database.transact(this.on.owner, [chatId], () => plan(this.on.disk.chat(chatId)));
  }

  protected seat(chat: Chat, seat: Seat, rev: number): void {
    this.on.disk.seats.get(chat.id)?.set(seat.userId, seat);
    chat.rev = rev;
  }
}
