import type { Invariant } from './checker.js';
import type { Dump } from './entries.js';
import { ackOf, ADA, BOB, CHAT, dumpOf, dumpWithDelete, row, Script, seen, sendOf, sent, textOf } from './fixtures.js';
import type { Measured } from './rules/measured.js';

/** A history that no correct Parley produces, and the invariant that it breaks. */
export interface BadHistory {
  readonly name: string;
  readonly breaks: Invariant;
  /** What cannot but break with it. */
  readonly also?: Invariant;
  readonly script: Script;
  readonly dump: Dump;
  readonly extra?: Measured;
}

/** What the stores hold does not fit what was said: I1 to I4. */
export const BAD_STORES: readonly BadHistory[] = [
  {
    name: 'an acknowledged message that is not stored',
    breaks: 'I1',
    script: sent(3),
    dump: dumpOf(2),
  },
  {
    name: 'an acknowledged message that a read after it lacks',
    breaks: 'I1',
    script: sent(2).ok(BOB, 'list', { chat: CHAT, from: 1, to: 100 }, { items: [seen(1)] }),
    dump: dumpOf(2),
  },
  {
    name: 'an acknowledged message that was deleted by nobody',
    breaks: 'I1',
    script: sent(2),
    dump: dumpWithDelete,
  },
  {
    name: 'an acknowledged edit that is not stored',
    breaks: 'I1',
    script: sent(1).ok(ADA, 'edit', { message: 101, content: 'new' }, { version: 2, rev: 2 }),
    dump: dumpOf(1),
  },
  {
    name: 'an acknowledged removal of someone who is still in',
    breaks: 'I1',
    script: sent(1).ok(ADA, 'remove', { chat: CHAT, target: BOB }, {}),
    dump: dumpOf(1),
  },
  {
    name: 'a row without its body',
    breaks: 'I2',
    script: sent(2),
    dump: dumpOf(2, { bodies: dumpOf(1).bodies }),
  },
  {
    name: 'an orphan that no sweeper has taken',
    breaks: 'I2',
    script: sent(1),
    dump: dumpOf(1, { bodies: [...dumpOf(1).bodies, { id: 'b9', content: 'x', intact: true, mintedAt: 0 }] }),
  },
  {
    name: 'a body that was written over',
    breaks: 'I2',
    script: sent(1),
    dump: dumpOf(1, { bodies: [{ id: 'b101', content: textOf(1), intact: false, mintedAt: 0 }] }),
  },
  {
    name: 'one key stored as two messages',
    breaks: 'I3',
    script: new Script().info(ADA, 'send', sendOf(1)).ok(ADA, 'send', sendOf(1), ackOf(1)),
    dump: dumpOf(2, {
      messages: [row(1), row(2, { key: 'k1' })],
      bodies: ['b101', 'b102'].map((id) => ({ id, content: textOf(1), intact: true, mintedAt: 0 })),
      views: [],
    }),
  },
  {
    name: 'one key acknowledged as two messages',
    breaks: 'I3',
    also: 'I1',
    script: sent(2).ok(ADA, 'send', sendOf(1), ackOf(2, true)),
    dump: dumpOf(2),
  },
  {
    name: 'one key acknowledged for two contents',
    breaks: 'I3',
    script: sent(1).ok(ADA, 'send', { ...sendOf(1), content: 'other' }, ackOf(1, true)),
    dump: dumpOf(1),
  },
  {
    name: 'a gap in seq',
    breaks: 'I4',
    script: new Script(),
    dump: dumpOf(3, { messages: [row(1), row(3)], views: [], sweepAgeMs: Infinity }),
  },
  {
    name: 'a chat that counts less than it has',
    breaks: 'I4',
    script: new Script(),
    dump: dumpOf(2, { chats: [{ id: CHAT, name: 'chat', lastSeq: 1, rev: 2, otherRevs: [], members: [ADA, BOB] }] }),
  },
];
