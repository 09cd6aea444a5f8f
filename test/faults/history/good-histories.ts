import type { Dump } from './entries.js';
import {
  ackOf,
  ADA,
  BOB,
  CHAT,
  dumpOf,
  dumpWithDelete,
  dumpWithEdit,
  edited,
  EVE,
  newMessage,
  ready,
  Script,
  seen,
  sendOf,
  sent,
} from './fixtures.js';

/** Histories of a correct Parley, unknown outcomes among them. */
export const GOOD: readonly { readonly name: string; readonly script: Script; readonly dump: Dump }[] = [
  { name: 'nothing at all', script: new Script(), dump: dumpOf(0) },
  { name: 'sends that are all there', script: sent(3), dump: dumpOf(3) },
  {
    name: 'an unknown outcome that did not happen',
    script: sent(2).info(ADA, 'send', sendOf(3)),
    dump: dumpOf(2),
  },
  {
    name: 'an unknown outcome that happened, and its retry',
    script: new Script().info(ADA, 'send', sendOf(1)).ok(ADA, 'send', sendOf(1), ackOf(1, true)),
    dump: dumpOf(1),
  },
  {
    name: 'a send that never got an answer and happened',
    script: (() => {
      const lines = new Script();
      lines.ask(ADA, 'send', sendOf(1));
      return lines;
    })(),
    dump: dumpOf(1),
  },
  {
    name: 'a refusal, and a retry that is new',
    script: new Script().fail(ADA, 'send', sendOf(1), 'unavailable').ok(ADA, 'send', sendOf(1), ackOf(1)),
    dump: dumpOf(1),
  },
  {
    name: 'a repeat that is refused while its first message cannot be read',
    script: sent(1).fail(ADA, 'send', sendOf(1), 'unavailable').ok(ADA, 'send', sendOf(1), ackOf(1, true)),
    dump: dumpOf(1),
  },
  {
    name: 'young orphans',
    script: sent(1),
    dump: dumpOf(1, { bodies: [...dumpOf(1).bodies, { id: 'b9', content: 'x', intact: true, mintedAt: 999_000 }] }),
  },
  {
    name: 'a replay with a deleted message, then live',
    script: sent(2)
      .ok(ADA, 'delete', { message: 101 }, {})
      .connect(BOB, 's', { [CHAT]: 0 })
      .frame('s', newMessage(2))
      .frame('s', { type: 'message_deleted', chat_id: CHAT, message_id: 101, seq: 1, rev: 3 })
      .frame('s', ready(3))
      .quiet(),
    dump: dumpWithDelete,
  },
  {
    name: 'a replay in rounds, with a delete between them',
    script: sent(2)
      .connect(BOB, 's', { [CHAT]: 0 })
      .frame('s', newMessage(1))
      .frame('s', newMessage(2))
      .ok(ADA, 'delete', { message: 101 }, {})
      .frame('s', { type: 'message_deleted', chat_id: CHAT, message_id: 101, seq: 1, rev: 3 })
      .frame('s', ready(3)),
    dump: dumpWithDelete,
  },
  {
    name: 'a resync instead of a replay',
    script: sent(3)
      .connect(BOB, 's', { [CHAT]: 9 })
      .frame('s', { type: 'resync_required', chat_id: CHAT, rev: 2, epoch: 'e', reason: 'future_rev' })
      .frame('s', newMessage(3))
      .quiet(),
    dump: dumpOf(3),
  },
  {
    name: 'a connection that is lost and reads on',
    script: sent(3)
      .connect(BOB, 's')
      .frame('s', newMessage(1))
      .disconnect('s')
      .connect(BOB, 't', { [CHAT]: 1 })
      .frame('t', newMessage(2))
      .frame('t', newMessage(3))
      .frame('t', ready(3))
      .quiet(),
    dump: dumpOf(3),
  },
  {
    name: 'lost events that are caught up, out of order',
    script: sent(4)
      .connect(BOB, 's')
      .frame('s', newMessage(1))
      .frame('s', newMessage(3))
      .frame('s', newMessage(2))
      .frame('s', { type: 'caught_up', chat_id: CHAT, rev: 3 })
      .frame('s', newMessage(4))
      .quiet(),
    dump: dumpOf(4),
  },
  {
    name: 'an edit on the way while others read',
    script: (() => {
      const lines = sent(1);
      const edit = lines.ask(ADA, 'edit', { message: 101, content: 'new' });
      lines.ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1)] });
      lines.ok(EVE, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1, edited)] });
      return lines.answer(ADA, 'edit', edit, 'ok', { version: 2, rev: 2 });
    })(),
    dump: dumpWithEdit,
  },
  {
    name: 'a member who is removed, comes back and is shown what came meanwhile',
    script: sent(1)
      .connect(BOB, 's')
      .ok(ADA, 'remove', { chat: CHAT, target: BOB }, {})
      .disconnect('s')
      .fail(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, 'chat_not_found')
      .ok(ADA, 'send', sendOf(2), ackOf(2))
      .ok(ADA, 'add', { chat: CHAT, users: [BOB] }, {})
      .ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1), seen(2)] })
      .connect(BOB, 't', { [CHAT]: 1 })
      .frame('t', newMessage(2))
      .frame('t', ready(2)),
    dump: dumpOf(2),
  },
];
