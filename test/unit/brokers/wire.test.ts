import { expect } from 'chai';
import { decodeChatEvents, decodeUserEvents, encodeEvents } from '../../../src/brokers/wire.js';
import type { ChatEvent, UserEvent } from '../../../src/domain/events.js';
import { createRandom } from '../../helpers/random.js';

const at = new Date('2026-01-02T03:04:05.678Z');
const base = { chatId: 7, rev: 9, at };
const message = {
  ...{ id: 1, chatId: 7, seq: 4, rev: 9, senderId: 2, senderUsername: 'ann', messageType: 'text' as const, version: 2 },
  ...{ content: '{"$at":5} \u0000 \u{1F426}', contentStatus: 'ok' as const, clientMessageId: 'k', timestamp: at },
  ...{ editedAt: at, isEdited: true, isDeleted: false },
};
const participant = {
  ...{ chatId: 7, userId: 2, username: 'ann', fullName: null, joinedAt: at, isAdmin: true },
  ...{ leftAt: null, lastReadSeq: 3, hiddenSeq: null, rev: 9 },
};
const moment = { chatId: 7, userId: 2, username: 'ann', at };

/** One of each kind; the compiler asks for a new one. */
const EVENTS: { readonly [T in ChatEvent['type']]: ChatEvent & { readonly type: T } } = {
  new_message: { type: 'new_message', ...base, message },
  message_updated: { type: 'message_updated', ...base, message: { ...message, content: null, editedAt: null } },
  message_deleted: { type: 'message_deleted', ...base, messageId: 1, seq: 4, deletedBy: null },
  participant_added: { type: 'participant_added', ...base, participant, by: 1 },
  participant_updated: { type: 'participant_updated', ...base, participant, by: null },
  participant_removed: { type: 'participant_removed', ...base, userId: 2, by: 1 },
  chat_updated: { type: 'chat_updated', ...base, name: null, updatedAt: at },
  typing_started: { type: 'typing_started', ...moment },
  typing_stopped: { type: 'typing_stopped', ...moment },
  user_joined: { type: 'user_joined', ...moment },
  user_left: { type: 'user_left', ...moment },
  read: { type: 'read', chatId: 7, userId: 2, lastReadSeq: 3, ownOnly: true, at },
};
const USER_EVENTS: readonly UserEvent[] = (['chat_added', 'chat_removed'] as const).map((type) => ({
  ...{ type, userId: 1, chatId: 7, rev: 9, at },
}));

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe('events on the wire', () => {
  for (const [type, event] of Object.entries(EVENTS)) {
    it(`${type} arrives as it was`, () => {
      expect(decodeChatEvents(encodeEvents([event, event]))).to.deep.equal({ events: [event, event], doubts: [] });
    });
  }

  it('what is for users arrives as it was', () => {
    expect(decodeUserEvents(encodeEvents(USER_EVENTS))).to.deep.equal({ events: USER_EVENTS, doubts: [] });
  });

  it('a kind that nobody here knows is a hint to read its chat', () => {
    const unknown = { type: 'reaction_changed', chatId: 7, rev: 9 };
    const bytes = bytesOf({ v: 1, events: [unknown, { type: 'chat_added', chatId: 8 }] });
    expect(decodeChatEvents(bytes)).to.deep.equal({ events: [], doubts: [7, 8] });
  });

  it('another version, and what is none, is a hint to read everything', () => {
    const nothing = { events: [], doubts: [null] };
    for (const bytes of [
      bytesOf({ v: 2, events: [EVENTS.read] }),
      bytesOf({ v: 1 }),
      bytesOf({ v: 1, events: [null] }),
      bytesOf({ v: 1, events: [{ type: 'read', chatId: '7' }] }),
      bytesOf(null),
      Buffer.from('nothing'),
      new Uint8Array(0),
    ]) {
      expect(decodeChatEvents(bytes)).to.deep.equal(nothing);
    }
  });

  it('never throws, whatever bytes come', () => {
    const random = createRandom();
    const good = encodeEvents(Object.values(EVENTS));
    for (let round = 0; round < 500; round += 1) {
      const bytes = Uint8Array.from(good);
      for (let flips = 1 + random.below(4); flips > 0; flips -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      expect(() => decodeChatEvents(bytes), `seed ${random.seed}`).not.to.throw();
    }
  });
});
