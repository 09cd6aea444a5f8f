import type { Violation } from '../checker.js';
import { callsOf, type Model } from '../model.js';

/** I4, I7 and I14: places in a chat are dense and somebody's, and the sends of one connection take them in order. */
export function* order(model: Model): Iterable<Violation> {
  for (const chat of model.dump.chats) {
    const rows = model.dump.messages.filter((row) => row.chat === chat.id).sort((a, b) => a.seq - b.seq);
    const wrong = rows.findIndex((row, index) => row.seq !== index + 1);
    if (wrong !== -1) {
      const explanation = `chat ${chat.id} has seq ${rows[wrong]?.seq} where ${wrong + 1} belongs`;
      yield { invariant: 'I4', explanation };
    } else if (rows.length !== chat.lastSeq) {
      yield {
        invariant: 'I4',
        explanation: `chat ${chat.id} counts to ${chat.lastSeq} and has ${rows.length} messages`,
      };
    }
    const revs = rows.map((row) => row.createdRev);
    if (revs.some((rev, index) => index > 0 && rev <= (revs[index - 1] ?? 0))) {
      yield {
        invariant: 'I4',
        explanation: `the messages of chat ${chat.id} took their revs in another order than seqs`,
      };
    }
    const highest = rows.reduce((most, row) => Math.max(most, row.rev), 0);
    const mine = Math.max(highest, ...chat.otherRevs);
    if (mine < chat.rev) {
      yield { invariant: 'I14', explanation: `chat ${chat.id} is at rev ${chat.rev}, nothing of it above ${mine}` };
    }
    if (highest > chat.rev) {
      yield { invariant: 'I4', explanation: `chat ${chat.id} is at rev ${chat.rev}, a message of it at ${highest}` };
    }
  }
  yield* pipelined(model);
}

function* pipelined(model: Model): Iterable<Violation> {
  const last = new Map<string, number>();
  for (const { asked, got } of [...callsOf(model, 'send')].sort((a, b) => a.start - b.start)) {
    if (got === null || got.duplicate || asked.socket === null) continue;
    const line = `socket ${asked.socket} in chat ${asked.chat}`;
    const before = last.get(line) ?? 0;
    if (got.seq <= before) {
      yield { invariant: 'I7', explanation: `${line}: a later send took seq ${got.seq}, an earlier one ${before}` };
    }
    last.set(line, got.seq);
  }
}
