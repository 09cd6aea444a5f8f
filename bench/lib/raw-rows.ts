import { createHash, randomFillSync } from 'node:crypto';
import { CONTENT } from './message.js';

/** A chat to write into, with the next free seq; a chat belongs to one lane only, as rows may not collide. */
export interface RawChat {
  readonly id: number;
  readonly senderId: number;
  nextSeq: number;
}

/** One message as both stores hold it. */
export interface RawRow {
  readonly chatId: number;
  readonly seq: number;
  readonly senderId: number;
  /** UUIDv7; the body's id, too. */
  readonly messageId: Buffer;
  readonly clientMessageId: Buffer;
  readonly timestamp: Date;
}

/** Hash of the content, the same for every row: computing it is no work of a database. */
export const CONTENT_HASH = createHash('sha256').update(CONTENT).digest();

/** As Parley writes it beside each message. */
export const CONTENT_BYTES = Buffer.byteLength(CONTENT);

const ID_BYTES = 16;
let written = 0;

/** The next `count` messages, spread over the chats in turn as the load client's are. */
export function nextRows(chats: readonly RawChat[], count: number): RawRow[] {
  const timestamp = new Date();
  const ids = mintIds(count, timestamp.getTime());
  return Array.from({ length: count }, (_, index) => {
    const chat = chats[index % chats.length];
    if (chat === undefined) throw new Error('no chat to write into');
    const seq = chat.nextSeq;
    chat.nextSeq += 1;
    const messageId = ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
    const clientMessageId = Buffer.from(`raw-${(written += 1)}`);
    return { chatId: chat.id, seq, senderId: chat.senderId, messageId, clientMessageId, timestamp };
  });
}

/** UUIDv7 values, one after the other. */
function mintIds(count: number, now: number): Buffer {
  const bytes = randomFillSync(Buffer.allocUnsafe(count * ID_BYTES));
  for (let offset = 0; offset < bytes.byteLength; offset += ID_BYTES) {
    bytes.writeUIntBE(now, offset, 6);
    bytes[offset + 6] = 0x70 | ((bytes[offset + 6] ?? 0) & 0x0f);
    bytes[offset + 8] = 0x80 | ((bytes[offset + 8] ?? 0) & 0x3f);
  }
  return bytes;
}

/** Sets a chat's counters, in the order of `countersOf`. */
export const SEAL = 'UPDATE chats SET last_seq = ?, rev = ?, visible_count = ?, last_visible_seq = ? WHERE id = ?';

/** A message takes one seq and one rev, and none has been deleted. */
export function countersOf({ id, nextSeq }: RawChat): number[] {
  const last = nextSeq - 1;
  return [last, last, last, last, id];
}

/** A storage's own drivers over Parley's own tables and nothing else: the limits of the same round. */
export interface RawStore {
  /** Stores messages as durably as Parley: bodies journaled, then rows in one statement that commits. */
  write(rows: readonly RawRow[]): Promise<void>;
  /** Any rows of any table; `columns` as in SQL. */
  insert(table: string, columns: string, rows: readonly unknown[][]): Promise<void>;
  /** Sets a chat's counters to what has been written to it. */
  seal(chat: RawChat): Promise<void>;
  /** The newest rows of a chat in one keyed SELECT, their bodies in one read; answers how many bodies came. */
  readNewest(chatId: number, limit: number): Promise<number>;
  /** Rows of a chat strictly before a seq, likewise. */
  readBefore(chatId: number, seq: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
