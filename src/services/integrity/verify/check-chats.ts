import { unlessStuck } from '../unless-stuck.js';
import type { VerifyContext } from './context.js';
import { judgeChat, PROBLEMS } from './problems.js';

/** One snapshot each: long enough to spare round trips, short enough for a database that keeps old versions for it. */
const BATCH = 100;

/** Rows against counters and participants, chat by chat; nothing of the body store. Answers how many chats there were. */
export async function checkChats(context: VerifyContext): Promise<number> {
  const { inspection, findings, onProgress } = context;
  const { chatId: highest } = await inspection.highest();
  let checked = 0;
  for (let after = 0; ;) {
    const chats = await inspection.chats(after, BATCH);
    for (const chat of chats) {
      const problems = judgeChat(chat);
      for (const [kind, count] of problems) findings.note(kind, { chatId: chat.id }, count);
      const countable = [...problems.keys()].filter((kind) => PROBLEMS[kind].repair === 'recounted');
      if (context.repair && countable.length > 0) {
        const isDone = await unlessStuck(() => inspection.recount(chat.id).then(() => true));
        if (isDone === true) for (const kind of countable) findings.repaired(kind, 1);
      }
    }
    checked += chats.length;
    after = chats.at(-1)?.id ?? after;
    onProgress({ step: 'chats', done: checked, share: highest === 0 ? 1 : Math.min(1, after / highest) });
    if (chats.length < BATCH) return checked;
  }
}
