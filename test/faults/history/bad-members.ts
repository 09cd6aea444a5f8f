import type { BadHistory } from './bad-stores.js';
import {
  ackOf,
  ADA,
  BOB,
  CHAT,
  dumpOf,
  EVE,
  newMessage,
  ready,
  removedBob,
  row,
  Script,
  seen,
  sendOf,
  sent,
} from './fixtures.js';

const removal = { chat: CHAT, target: BOB };
const withoutBob = dumpOf(2, {
  chats: [{ id: CHAT, name: 'chat', lastSeq: 2, rev: 2, otherRevs: [2], members: [ADA] }],
  views: [],
});

/** Who is not in a chat is shown something of it: I8. */
export const BAD_MEMBERS: readonly BadHistory[] = [
  {
    name: 'a frame after the removal',
    breaks: 'I8',
    script: new Script()
      .connect(BOB, 's')
      .frame('s', newMessage(1))
      .frame('s', removedBob)
      .frame('s', newMessage(2, { rev: 3 })),
    dump: dumpOf(2, {
      chats: [{ id: CHAT, name: 'chat', lastSeq: 2, rev: 3, otherRevs: [3], members: [ADA] }],
      messages: [row(1), row(2, { createdRev: 3, rev: 3 })],
      views: [],
    }),
  },
  {
    name: 'a read after the removal was acknowledged',
    breaks: 'I8',
    script: sent(1)
      .ok(ADA, 'remove', { chat: CHAT, target: BOB }, {})
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1)] }),
    dump: dumpOf(1, { chats: [{ id: CHAT, name: 'chat', lastSeq: 1, rev: 2, otherRevs: [2], members: [ADA] }] }),
  },
  {
    name: 'a message, sent after the removal, that is shown',
    breaks: 'I8',
    script: sent(1)
      .connect(BOB, 's')
      .ok(ADA, 'remove', { chat: CHAT, target: BOB }, {})
      .ok(ADA, 'send', sendOf(2), ackOf(2))
      .frame('s', newMessage(2)),
    dump: dumpOf(2, {
      chats: [{ id: CHAT, name: 'chat', lastSeq: 2, rev: 2, otherRevs: [2], members: [ADA] }],
      views: [],
    }),
  },
  {
    name: 'a stranger who sees a message',
    breaks: 'I8',
    script: new Script()
      .ok(ADA, 'create', { name: 'chat', members: [BOB] }, { chat: CHAT })
      .connect(EVE, 's')
      .frame('s', newMessage(1)),
    dump: dumpOf(1),
  },
  {
    name: 'a message, sent between a removal and a return, that is shown before the return',
    breaks: 'I8',
    script: sent(1)
      .connect(BOB, 's')
      .ok(ADA, 'remove', removal, {})
      .ok(ADA, 'send', sendOf(2), ackOf(2))
      .frame('s', newMessage(2))
      .ok(ADA, 'add', { chat: CHAT, users: [BOB] }, {}),
    dump: dumpOf(2),
  },
  {
    name: 'a connection that is served after the removal was acknowledged',
    breaks: 'I8',
    script: sent(2)
      .ok(ADA, 'remove', removal, {})
      .connect(BOB, 's', { [CHAT]: 1 })
      .frame('s', newMessage(2))
      .frame('s', ready(2)),
    dump: withoutBob,
  },
];
