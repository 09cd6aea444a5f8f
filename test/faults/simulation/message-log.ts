import { COMMIT_WITHIN_MS, mintedAt } from '../../../src/domain/body-id.js';
import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { Message } from '../../../src/domain/message.js';
import type { Body } from '../../../src/ports/body-store.js';
import type { Change } from '../../../src/ports/chat-store.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../../src/ports/message-log.js';
import type { Chat, Row } from './disk.js';
import { hexOf, mintId, type SimBodies, type StoreContext } from './stores.js';
import type { Plan } from './transactions.js';

export interface Draft {
  readonly draft: MessageDraft;
  readonly index: number;
  readonly body: Body;
}

/** The write path in small: bodies first, then one transaction that dedupes, checks, takes places and commits. */
export class SimMessageLog implements MessageLog {
  constructor(
    protected readonly on: StoreContext,
    protected readonly bodies: SimBodies,
  ) {}

  async append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]> {
    const sends = drafts.map((draft, index) => ({ draft, index, body: this.bodyFor(draft) }));
    await this.bodies.insert(sends.map(({ body }) => body));
    return this.commit(sends);
  }

  async appendUnlessBusy(drafts: readonly MessageDraft[]): Promise<readonly (AppendOutcome | 'busy')[]> {
    const busy = new Set(drafts.map(({ chatId }) => chatId).filter((chatId) => this.on.database.isLocked(chatId)));
    const free = drafts.filter(({ chatId }) => !busy.has(chatId));
    const outcomes = free.length === 0 ? [] : [...(await this.append(free))];
    return drafts.map(({ chatId }) => (busy.has(chatId) ? 'busy' : (outcomes.shift() ?? 'busy')));
  }

  async edit({ messageId, actorId, content }: Parameters<MessageLog['edit']>[0]): Promise<Change<Message>> {
    const before = this.visibleRow(messageId);
    if (before.senderId !== actorId) throw new AppError('sender_required');
    const body = this.bodyFor({ chatId: before.chatId, senderId: actorId, content });
    await this.bodies.insert([body]);
    return this.on.database.transact(this.on.owner, [before.chatId], () => {
      const { disk } = this.on;
      const row = this.visibleRow(messageId);
      this.assertIn(row.chatId, actorId);
      this.assertFresh(body);
      const chat = disk.chat(row.chatId);
      const rev = chat.rev + 1;
      const changed: Row = { ...row, rev, version: row.version + 1, body: hexOf(body.id) };
      const message: Message = { ...disk.message(changed), content, contentStatus: 'ok' };
      const event: DurableEvent = { type: 'message_updated', chatId: chat.id, rev, at: new Date(0), message };
      return {
        result: { result: message, events: [event] },
        writes: [() => this.write(changed), () => this.file(row), () => void (chat.rev = rev)],
      };
    });
  }

  async remove(messageId: number, actorId: number): Promise<Change<null>> {
    const { chatId } = this.visibleRow(messageId);
    return this.on.database.transact(this.on.owner, [chatId], () => {
      const row = this.visibleRow(messageId);
      this.assertIn(chatId, actorId);
      if (row.senderId !== actorId && actorId !== 1) throw new AppError('delete_forbidden');
      const chat = this.on.disk.chat(chatId);
      const rev = chat.rev + 1;
      const base = { chatId, rev, at: new Date(0), messageId, seq: row.seq, deletedBy: actorId };
      return {
        result: { result: null, events: [{ ...base, type: 'message_deleted' }] },
        writes: [() => this.write({ ...row, rev, deleted: true }), () => this.file(row), () => void (chat.rev = rev)],
      };
    });
  }

  /** A row and its body are read one after the other; a body that is gone means that the row has changed. */
  async window(
    chatId: number,
    readerId: number,
    { limit }: Parameters<MessageLog['window']>[2],
  ): ReturnType<MessageLog['window']> {
    const { sim, disk, owner } = this.on;
    await sim.step(owner);
    this.assertIn(chatId, readerId);
    const rows = disk.rowsOf(chatId).filter((row) => !row.deleted);
    await sim.step(owner);
    const items = rows
      .map((row) => (disk.bodies.has(row.body) ? row : (disk.rows.get(row.id) ?? row)))
      .filter((row) => !row.deleted)
      .map((row) => disk.message(row));
    return { items: items.reverse().slice(0, limit), hasMoreBefore: false, hasMoreAfter: false };
  }

  find(): Promise<never> {
    return Promise.reject(new Error('single messages are not simulated'));
  }

  page(): Promise<never> {
    return Promise.reject(new Error('pages by number are not simulated'));
  }

  protected commit(sends: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const chatIds = [...new Set(sends.map(({ draft }) => draft.chatId))];
    return this.on.database.transact(this.on.owner, chatIds, () => this.plan(sends));
  }

  /** Under the locks. Repeats within the call are found like the others: the first one's row counts already. */
  protected plan(sends: readonly Draft[]): Plan<readonly AppendOutcome[]> {
    const { disk } = this.on;
    const taken = new Map<number, Chat>();
    const fresh: Row[] = [];
    const outcomes = sends.map(({ draft, body }): AppendOutcome => {
      const { chatId, senderId, clientMessageId: key, content } = draft;
      const sameKey = (row: Row): boolean => row.chatId === chatId && row.senderId === senderId && row.key === key;
      const first = this.known(draft) ?? (key === null ? undefined : fresh.find(sameKey));
      if (first !== undefined) {
        if (first.asked !== content) return { ok: false, error: new AppError('client_message_id_reused') };
        const message = disk.rows.has(first.id) ? disk.message(first) : { ...disk.message(first), content };
        return { ok: true, message, duplicate: true, event: null };
      }
      if (!disk.isIn(chatId, senderId)) return { ok: false, error: new AppError('chat_not_found') };
      this.assertFresh(body);
      const chat = taken.get(chatId) ?? { ...disk.chat(chatId) };
      taken.set(chatId, chat);
      chat.lastSeq = this.nextSeq(chat);
      chat.rev += 1;
      const place = { seq: chat.lastSeq, createdRev: chat.rev, rev: chat.rev, version: 1, deleted: false };
      const row: Row = { id: disk.nextId(), chatId, senderId, key, asked: content, body: hexOf(body.id), ...place };
      fresh.push(row);
      const message: Message = { ...disk.message(row), content, contentStatus: 'ok' };
      const event: DurableEvent = { type: 'new_message', chatId, rev: chat.rev, at: new Date(0), message };
      return { ok: true, message, duplicate: false, event };
    });
    const counters = [...taken.values()].map(({ id, lastSeq, rev }) => () => {
      Object.assign(disk.chat(id), { lastSeq, rev });
    });
    return { result: outcomes, writes: [...fresh.map((row) => () => this.write(row)), ...counters] };
  }

  protected known({ chatId, senderId, clientMessageId }: MessageDraft): Row | undefined {
    return this.on.disk.byKey(chatId, senderId, clientMessageId);
  }

  protected nextSeq(chat: Chat): number {
    return chat.lastSeq + 1;
  }

  protected bodyFor({ chatId, senderId, content }: Pick<MessageDraft, 'chatId' | 'senderId' | 'content'>): Body {
    const id = mintId(this.on.sim);
    return { id, messageId: id, chatId, senderId, content, timestamp: new Date(this.on.sim.time) };
  }

  protected assertFresh({ id }: Body): void {
    if (this.on.sim.time - (mintedAt(id) ?? 0) > COMMIT_WITHIN_MS) throw new AppError('unavailable');
  }

  protected assertIn(chatId: number, userId: number): void {
    if (!this.on.disk.isIn(chatId, userId)) throw new AppError('chat_not_found');
  }

  protected visibleRow(messageId: number): Row {
    const row = this.on.disk.rows.get(messageId);
    if (row === undefined || row.deleted) throw new AppError('message_not_found');
    return row;
  }

  protected write(row: Row): void {
    this.on.disk.rows.set(row.id, row);
  }

  protected file(row: Row): void {
    const { disk, sim } = this.on;
    disk.filed.set(row.body, { body: row.body, chatId: row.chatId, dueAt: sim.time, erased: false });
  }
}
