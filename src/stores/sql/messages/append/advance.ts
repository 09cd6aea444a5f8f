import { readBySending } from '../../../../domain/chat-rules.js';
import type { SqlDatabase, Statement } from '../../database.js';
import { tableOf, type Cell } from '../../ground/lists.js';
import type { SendingChat, Placed } from './statements.js';

/** What a batch leaves a chat with. */
interface Advanced {
  readonly seq: number;
  readonly rev: number;
  readonly visibleCount: number;
}

/**
 * Moves the counters of every chat that got messages, and the senders' own watermarks, because sending is reading. All
 * are absolute values, right under the lock whatever the order in which rows are joined.
 */
export function advance(
  kind: SqlDatabase['kind'],
  heads: ReadonlyMap<number, SendingChat>,
  stored: readonly Placed[],
  now: Date,
): readonly Statement[] {
  const chats = new Map<number, Advanced>();
  const senders = new Map<string, readonly [number, number, number]>();
  for (const { send, seq, rev } of stored) {
    const { chatId, senderId } = send.draft;
    const before = chats.get(chatId)?.visibleCount ?? heads.get(chatId)?.visibleCount ?? 0;
    chats.set(chatId, { seq, rev, visibleCount: before + 1 });
    senders.set(`${chatId}:${senderId}`, [chatId, senderId, readBySending(seq)]);
  }
  const marks = [...senders.values()];
  return kind === 'mysql' ? [advanceTogether(chats, marks, now)] : [advanceChats(chats, now), advanceSenders(marks)];
}

const CHAT_COLUMNS = { chat_seq: 'plain', chat_rev: 'plain', visible: 'plain', moment: 'plain' } as const;
const SENDER_COLUMNS = { chat_id: 'plain', user_id: 'plain', seq: 'plain' } as const;

function cells({ seq, rev, visibleCount }: Advanced, now: Date): readonly Cell[] {
  return [seq, rev, visibleCount, now];
}

/**
 * Both tables in one statement: the derived table is made once. Its rows come first and both tables are entered by their
 * keys, as written: left to itself MariaDB and MySQL read a small `chats` whole, waiting for and locking chats that have
 * no part in the batch (measured with 3 chats, one of them held: 3 s and `busy` for the other two).
 */
function advanceTogether(
  chats: ReadonlyMap<number, Advanced>,
  senders: readonly (readonly [number, number, number])[],
  now: Date,
): Statement {
  const rows = senders.flatMap((sender) => {
    const chat = chats.get(sender[0]);
    return chat === undefined ? [] : [[...sender, ...cells(chat, now)]];
  });
  const values = tableOf('mysql', { ...SENDER_COLUMNS, ...CHAT_COLUMNS }, rows);
  return {
    text: `UPDATE ${values.text} v
     STRAIGHT_JOIN chats c FORCE INDEX (PRIMARY) ON c.id = v.chat_id
     STRAIGHT_JOIN chat_participants p FORCE INDEX (PRIMARY) ON p.chat_id = v.chat_id AND p.user_id = v.user_id
     SET c.last_seq = v.chat_seq, c.last_visible_seq = v.chat_seq, c.rev = v.chat_rev, c.visible_count = v.visible,
       c.updated_at = v.moment, p.last_read_seq = v.seq`,
    values: values.values,
  };
}

function advanceChats(chats: ReadonlyMap<number, Advanced>, now: Date): Statement {
  const rows = [...chats].map(([id, chat]) => [id, ...cells(chat, now)]);
  const values = tableOf('sqlite', { id: 'plain', ...CHAT_COLUMNS }, rows);
  return {
    text: `UPDATE chats SET last_seq = v.chat_seq, last_visible_seq = v.chat_seq, rev = v.chat_rev,
       visible_count = v.visible, updated_at = v.moment
     FROM ${values.text} v WHERE chats.id = v.id`,
    values: values.values,
  };
}

function advanceSenders(senders: readonly (readonly [number, number, number])[]): Statement {
  const values = tableOf('sqlite', SENDER_COLUMNS, senders);
  return {
    text: `UPDATE chat_participants SET last_read_seq = v.seq FROM ${values.text} v
     WHERE chat_participants.chat_id = v.chat_id AND chat_participants.user_id = v.user_id`,
    values: values.values,
  };
}
