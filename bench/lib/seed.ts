import type { BenchChat } from './population.js';
import { nextRows, type RawChat, type RawStore } from './raw-rows.js';
import { openRaw, writerLanes } from './raw-store.js';
import type { DataSet } from './storage.js';

/** Messages per statement: both storages are near their fastest, and SQLite takes no more than 32,766 values. */
const BATCH = 1_000;

/**
 * Fills chats with `each` messages by raw drivers, in turns, as they would come in over time, and sets the chats'
 * counters as sending does: a million through the API would take longer than all the rest. No server may be running.
 */
export async function seedMessages(data: DataSet, chats: readonly BenchChat[], each: number): Promise<void> {
  const lanes = writerLanes(data);
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const own = chats
        .filter((_chat, index) => index % lanes === lane)
        .map((chat) => ({ id: chat.id, senderId: chat.users[0].id, nextSeq: 1 }));
      const raw = await openRaw(data);
      try {
        await fill(raw, own, each);
      } finally {
        await raw.close();
      }
    }),
  );
}

async function fill(raw: RawStore, chats: readonly RawChat[], each: number): Promise<void> {
  let left = chats.length * each;
  while (left > 0) {
    const count = Math.min(BATCH, left);
    await raw.write(nextRows(chats, count));
    left -= count;
  }
  for (const chat of chats) await raw.seal(chat);
}
