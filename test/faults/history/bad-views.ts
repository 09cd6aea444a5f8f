import type { BadHistory } from './bad-stores.js';
import {
  ackOf,
  ADA,
  BOB,
  CHAT,
  dumpOf,
  dumpWithDelete,
  dumpWithEdit,
  edited,
  newMessage,
  ready,
  Script,
  seen,
  sendOf,
  sent,
} from './fixtures.js';

/** What clients are shown or told is wrong: I5 to I13, but for who is a member. */
export const BAD_VIEWS: readonly BadHistory[] = [
  {
    name: 'a live event that is skipped',
    breaks: 'I5',
    script: sent(3).connect(BOB, 's').frame('s', newMessage(1)).frame('s', newMessage(3)),
    dump: dumpOf(3),
  },
  {
    name: 'lost events that are not all caught up',
    breaks: 'I5',
    script: sent(4)
      .connect(BOB, 's')
      .frame('s', newMessage(1))
      .frame('s', newMessage(3))
      .frame('s', { type: 'caught_up', chat_id: CHAT, rev: 3 })
      .frame('s', newMessage(4)),
    dump: dumpOf(4),
  },
  {
    name: 'a live event that comes twice',
    breaks: 'I5',
    script: sent(2).connect(BOB, 's').frame('s', newMessage(1)).frame('s', newMessage(1)),
    dump: dumpOf(2),
  },
  {
    name: 'a replay that lacks a message',
    breaks: 'I5',
    script: sent(3)
      .connect(BOB, 's', { [CHAT]: 1 })
      .frame('s', newMessage(3))
      .frame('s', ready(3)),
    dump: dumpOf(3),
  },
  {
    name: 'a replay that shows a message twice',
    breaks: 'I5',
    script: sent(2)
      .connect(BOB, 's', { [CHAT]: 1 })
      .frame('s', newMessage(2))
      .frame('s', { ...newMessage(2), type: 'message_updated' })
      .frame('s', ready(2)),
    dump: dumpOf(2),
  },
  {
    name: 'a hole between the replay and what follows',
    breaks: 'I5',
    script: sent(3)
      .connect(BOB, 's', { [CHAT]: 0 })
      .frame('s', newMessage(1))
      .frame('s', ready(1))
      .frame('s', newMessage(3)),
    dump: dumpOf(3),
  },
  {
    name: 'members who end up with different histories',
    breaks: 'I6',
    script: new Script(),
    dump: dumpOf(2, {
      views: [
        { user: ADA, chat: CHAT, items: [seen(1), seen(2)] },
        { user: BOB, chat: CHAT, items: [seen(1)] },
      ],
    }),
  },
  {
    name: 'a listener who never gets the last message',
    breaks: 'I6',
    script: sent(2).connect(BOB, 's').frame('s', newMessage(1)).quiet(),
    dump: dumpOf(2),
  },
  {
    name: 'a frame of a message that was never committed',
    breaks: 'I6',
    script: sent(1).connect(BOB, 's').frame('s', newMessage(1)).frame('s', newMessage(2)),
    dump: dumpOf(1),
  },
  {
    name: 'pipelined sends that change places',
    breaks: 'I7',
    script: new Script().ok(ADA, 'send', sendOf(2, 's'), ackOf(2)).ok(ADA, 'send', sendOf(1, 's'), ackOf(1)),
    dump: dumpOf(2),
  },
  {
    name: 'a read of a deleted content',
    breaks: 'I9',
    script: sent(2)
      .ok(ADA, 'delete', { message: 101 }, {})
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1), seen(2)] }),
    dump: dumpWithDelete,
  },
  {
    name: 'a deleted body that is never erased',
    breaks: 'I9',
    script: sent(2).ok(ADA, 'delete', { message: 101 }, {}),
    dump: { ...dumpWithDelete, bodies: dumpOf(2).bodies },
  },
  {
    name: 'a version that goes back',
    breaks: 'I10',
    script: sent(1)
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1, edited)] })
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1)] })
      .ok(ADA, 'edit', { message: 101, content: 'new' }, { version: 2, rev: 2 }),
    dump: dumpWithEdit,
  },
  {
    name: 'a version with two contents',
    breaks: 'I10',
    script: sent(1)
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1, { content: 'new' })] })
      .ok(ADA, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1)] })
      .ok(ADA, 'edit', { message: 101, content: 'new' }, { version: 2, rev: 2 }),
    dump: dumpWithEdit,
  },
  {
    name: 'a figure that does not come down again',
    breaks: 'I11',
    script: new Script(),
    dump: dumpOf(0),
    extra: { figures: [{ name: 'open sockets', before: 2, after: 5, slack: 2 }] },
  },
  {
    name: 'a password in the log',
    breaks: 'I12',
    script: new Script(),
    dump: dumpOf(0),
    extra: { logs: ['{"msg":"ok"}', '{"msg":"user with hunter2"}'], secrets: ['hunter2'] },
  },
  {
    name: 'a send that was called not done and is stored',
    breaks: 'I13',
    script: new Script().fail(ADA, 'send', sendOf(1), 'unavailable'),
    dump: dumpOf(1),
  },
  {
    name: 'a send that was called not done, whose retry is a duplicate',
    breaks: 'I13',
    script: new Script().fail(ADA, 'send', sendOf(1), 'unavailable').ok(ADA, 'send', sendOf(1), ackOf(1, true)),
    dump: dumpOf(1),
  },
  {
    name: 'an edit that was called not done and is shown',
    breaks: 'I13',
    script: sent(1).fail(ADA, 'edit', { message: 101, content: 'new' }, 'unavailable'),
    dump: dumpWithEdit,
  },
  {
    name: 'a delete that was called not done and is',
    breaks: 'I13',
    script: new Script()
      .info(ADA, 'send', sendOf(1))
      .info(ADA, 'send', sendOf(2))
      .fail(ADA, 'delete', { message: 101 }, 'unavailable'),
    dump: dumpWithDelete,
  },
];
