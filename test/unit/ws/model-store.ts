import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { ChangeLog, ChatRev, Delta, DeltaBounds } from '../../../src/ports/change-log.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import type { ChatPosition, ReadOn, ResumeFrom } from '../../../src/services/services.js';
import { factsOf, objectKeyOf, placeInPhase, seqOf } from '../../../src/domain/event-facts.js';
import type {} from '../../../src/ws/hub/delivery.js';
import { slicedDelta, type WholeDelta } from '../../helpers/delta.js';

/** One chat's committed events. `rev` may be ahead of them where a test does not care what happened. */
export class ModelChat {
  readonly log: DurableEvent[] = [];
  rev = 0;
  lastSeq = 0;
  /** Grows with every message of any chat. */
  activeAt = 0;
  /** How far each has read. */
  readonly marks = new Map<number, number>();

  constructor(readonly members: Set<number>) {}

  /** Each changed object once, as it is now; removals, new messages by seq, the rest by rev. */
  delta(since: number): WholeDelta {
    const latest = new Map<string, DurableEvent>();
    const isNew = new Set<string>();
    for (const event of this.log) {
      const key = objectKeyOf(event);
      if (event.rev > since && event.type === 'new_message') isNew.add(key);
      if (event.rev > since) latest.set(key, event);
    }
    const events = [...latest].map(([key, event]): DurableEvent => {
      return event.type === 'message_updated' && isNew.has(key) ? { ...event, type: 'new_message' } : event;
    });
    return { rev: this.rev, events: events.sort(byPlace) };
  }
}

/** Chats in memory behind the reads that sockets make. Every read is one moment: that of the call. */
export class ModelStore implements Pick<ChangeLog, 'missed' | 'revs'> {
  epoch = 'epoch-1';
  readonly chats = new Map<number, ModelChat>();
  private moment = 0;

  constructor(chatId: number, members: readonly number[]) {
    this.add(chatId, members);
  }

  add(chatId: number, members: readonly number[]): ModelChat {
    const chat = new ModelChat(new Set(members));
    chat.activeAt = this.moment += 1;
    this.chats.set(chatId, chat);
    return chat;
  }

  chat(chatId: number): ModelChat {
    const chat = this.chats.get(chatId);
    if (chat === undefined) throw new AppError('chat_not_found');
    return chat;
  }

  commit(...events: readonly DurableEvent[]): void {
    for (const event of events) {
      const chat = this.chats.get(event.chatId);
      if (chat === undefined) continue;
      chat.log.push(event);
      chat.rev = Math.max(chat.rev, event.rev);
      chat.lastSeq = Math.max(chat.lastSeq, seqOf(event));
      chat.activeAt = this.moment += 1;
      if (event.type === 'participant_removed') chat.members.delete(event.userId);
      if (event.type === 'participant_added') chat.members.add(event.participant.userId);
    }
  }

  join(userId: number, chatId: number): Promise<ChatPosition> {
    const chat = this.chats.get(chatId);
    if (chat === undefined || !chat.members.has(userId)) return Promise.reject(new AppError('chat_not_found'));
    return Promise.resolve({ rev: chat.rev, lastSeq: chat.lastSeq });
  }

  async resume(userId: number, chatId: number, since: ResumeFrom, maxItems: number): Promise<ReadOn> {
    const { rev, lastSeq } = await this.join(userId, chatId);
    const resync = { kind: 'resync' as const, rev, lastSeq };
    if (since.epoch !== null && since.epoch !== this.epoch) return { ...resync, reason: 'other_epoch' };
    if (since.rev > rev) return { ...resync, reason: 'future_rev' };
    const delta = this.chat(chatId).delta(since.rev);
    const reads = [...this.chat(chatId).marks].map(([reader, lastReadSeq]) => ({ userId: reader, lastReadSeq }));
    const most = { items: maxItems, bytes: LIMITS.resumeBytes };
    if (isMore(delta, most)) return { ...resync, reason: 'too_large' };
    return { kind: 'delta', delta: slicedDelta({ ...delta, rev }), state: { lastSeq, unreadCount: 0, reads } };
  }

  chatsOf(userId: number, limit: number): Promise<readonly ChatRev[]> {
    const mine = [...this.chats].filter(([, { members }]) => members.has(userId)).sort(([a], [b]) => a - b);
    return Promise.resolve(
      mine.slice(0, limit).map(([chatId, { rev, lastSeq }]) => ({ chatId, rev, lastSeq, lastReadSeq: 0 })),
    );
  }

  async recentChatsOf(userId: number, limit: number): Promise<readonly ChatRev[]> {
    const mine = await this.chatsOf(userId, Infinity);
    return [...mine].sort((a, b) => this.chat(b.chatId).activeAt - this.chat(a.chatId).activeAt).slice(0, limit);
  }

  missed(chatId: number, afterRev: number, most: DeltaBounds): Promise<Delta | null> {
    const delta = this.chat(chatId).delta(afterRev);
    return Promise.resolve(isMore(delta, most) ? null : slicedDelta(delta));
  }

  revs(chatIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return Promise.resolve(
      new Map(chatIds.flatMap((id) => (this.chats.has(id) ? [[id, this.chat(id).rev] as const] : []))),
    );
  }
}

function isMore({ events }: WholeDelta, most: DeltaBounds): boolean {
  const bytes = events.map((event) => ('message' in event ? (event.message.content?.length ?? 0) : 0));
  return events.length > most.items || bytes.reduce((sum, each) => sum + each, 0) > most.bytes;
}

/** As a replay tells them. */
function byPlace(a: DurableEvent, b: DurableEvent): number {
  const placeOf = (event: DurableEvent): number => placeInPhase(event.type, { seq: seqOf(event), rev: event.rev });
  return factsOf(a).phase - factsOf(b).phase || placeOf(a) - placeOf(b);
}
