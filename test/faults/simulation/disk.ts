import type { DurableEvent } from '../../../src/domain/events.js';
import type { Participant } from '../../../src/domain/chat.js';
import type { Message } from '../../../src/domain/message.js';
import type { Body } from '../../../src/ports/body-store.js';
import { mintedAt } from '../../../src/domain/body-id.js';
import type { Dump } from '../history/entries.js';

export interface Row {
  readonly id: number;
  readonly chatId: number;
  readonly seq: number;
  readonly senderId: number;
  readonly key: string | null;
  /** What was asked for at first, in the stead of its hash. */
  readonly asked: string;
  readonly createdRev: number;
  readonly rev: number;
  readonly version: number;
  readonly deleted: boolean;
  /** Hex. */
  readonly body: string;
}

export interface Chat {
  readonly id: number;
  name: string;
  lastSeq: number;
  rev: number;
  changedRev: number;
}

export interface Seat {
  readonly userId: number;
  isIn: boolean;
  rev: number;
}

/** All that is durable: it outlives every crash of a node. Changed only by commits, and by the body store. */
export class Disk {
  readonly rows = new Map<number, Row>();
  readonly chats = new Map<number, Chat>();
  readonly seats = new Map<number, Map<number, Seat>>();
  readonly bodies = new Map<string, { readonly body: Body; content: string }>();
  readonly filed = new Map<
    string,
    { readonly body: string; readonly chatId: number; readonly dueAt: number; erased: boolean }
  >();
  /** Never given twice, also not after a rollback: like a database's own counters. */
  private lastId = 0;

  addChat(id: number, users: readonly number[]): void {
    this.chats.set(id, { id, name: `chat ${id}`, lastSeq: 0, rev: 1, changedRev: 1 });
    this.seats.set(id, new Map(users.map((userId) => [userId, { userId, isIn: true, rev: 1 }])));
  }

  nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  chat(id: number): Chat {
    const chat = this.chats.get(id);
    if (chat === undefined) throw new Error(`there is no chat ${id}`);
    return chat;
  }

  isIn(chatId: number, userId: number): boolean {
    return this.seats.get(chatId)?.get(userId)?.isIn === true;
  }

  rowsOf(chatId: number): readonly Row[] {
    return [...this.rows.values()].filter((row) => row.chatId === chatId).sort((a, b) => a.seq - b.seq);
  }

  byKey(chatId: number, senderId: number, key: string | null): Row | undefined {
    if (key === null) return undefined;
    return [...this.rows.values()].find((row) => row.chatId === chatId && row.senderId === senderId && row.key === key);
  }

  /** The row with its content as it is on the disk now. */
  message(row: Row): Message {
    const content = row.deleted ? null : (this.bodies.get(row.body)?.content ?? null);
    return {
      id: row.id,
      chatId: row.chatId,
      seq: row.seq,
      rev: row.rev,
      senderId: row.senderId,
      senderUsername: `user${row.senderId}`,
      content,
      contentStatus: content === null && !row.deleted ? 'unavailable' : 'ok',
      timestamp: new Date(0),
      messageType: 'text',
      isEdited: row.version > 1,
      isDeleted: row.deleted,
      editedAt: null,
      version: row.version,
      clientMessageId: row.key,
    };
  }

  participant(chatId: number, { userId, isIn, rev }: Seat): Participant {
    return {
      chatId,
      userId,
      username: `user${userId}`,
      fullName: null,
      joinedAt: new Date(0),
      isAdmin: userId === 1,
      leftAt: isIn ? null : new Date(0),
      lastReadSeq: 0,
      hiddenSeq: null,
      rev,
    };
  }

  /** Each object that changed after `since`, once, as it is now; the order of ports/change-log.ts. */
  delta(chatId: number, since: number): readonly DurableEvent[] {
    const at = new Date(0);
    const chat = this.chat(chatId);
    const messages = this.rowsOf(chatId).filter((row) => row.rev > since);
    const fresh: DurableEvent[] = [];
    const rest: DurableEvent[] = [];
    for (const row of messages) {
      const base = { chatId, rev: row.rev, at };
      const message = this.message(row);
      if (row.deleted)
        rest.push({ ...base, type: 'message_deleted', messageId: row.id, seq: row.seq, deletedBy: null });
      else if (row.createdRev > since) fresh.push({ ...base, type: 'new_message', message });
      else rest.push({ ...base, type: 'message_updated', message });
    }
    const removals: DurableEvent[] = [];
    for (const seat of this.seats.get(chatId)?.values() ?? []) {
      if (seat.rev <= since) continue;
      const base = { chatId, rev: seat.rev, at, by: 1 };
      if (seat.isIn) rest.push({ ...base, type: 'participant_added', participant: this.participant(chatId, seat) });
      else removals.push({ ...base, type: 'participant_removed', userId: seat.userId });
    }
    if (chat.changedRev > since) {
      rest.push({ type: 'chat_updated', chatId, rev: chat.changedRev, at, name: chat.name, updatedAt: at });
    }
    return [...removals, ...fresh, ...rest.sort((a, b) => a.rev - b.rev)];
  }

  dump(takenAt: number, sweepAgeMs: number): Dump {
    return {
      takenAt,
      sweepAgeMs,
      erased: true,
      chats: [...this.chats.values()].map(({ id, name, lastSeq, rev, changedRev }) => {
        const seats = [...(this.seats.get(id)?.values() ?? [])];
        const otherRevs = [...seats.map((seat) => seat.rev), changedRev];
        return {
          id,
          name,
          lastSeq,
          rev,
          otherRevs,
          members: seats.filter((seat) => seat.isIn).map((seat) => seat.userId),
        };
      }),
      messages: [...this.rows.values()].map(({ chatId, senderId, ...row }) => ({
        ...row,
        chat: chatId,
        sender: senderId,
      })),
      bodies: [...this.bodies].map(([id, { body, content }]) => ({
        id,
        content,
        intact: body.content === content,
        mintedAt: mintedAt(body.id) ?? 0,
      })),
      filed: [...this.filed.keys()],
      views: [...this.chats.keys()].flatMap((chat) =>
        [...(this.seats.get(chat)?.values() ?? [])]
          .filter((seat) => seat.isIn)
          .map(({ userId }) => ({ user: userId, chat, items: this.visible(chat) })),
      ),
    };
  }

  private visible(chatId: number): Dump['views'][number]['items'] {
    return this.rowsOf(chatId)
      .filter((row) => !row.deleted)
      .map((row) => ({ row, message: this.message(row) }))
      .map(({ row, message }) => ({
        id: row.id,
        seq: row.seq,
        sender: row.senderId,
        rev: row.rev,
        version: row.version,
        content: message.content,
        deleted: false,
        unavailable: message.contentStatus === 'unavailable',
      }));
  }
}
