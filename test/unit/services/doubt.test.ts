import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { ChatStore } from '../../../src/ports/chat-store.js';
import type { MessageLog } from '../../../src/ports/message-log.js';
import { createChatServices } from '../../../src/services/chats/index.js';
import { createMessageServices } from '../../../src/services/messages/index.js';
import { createParticipantServices } from '../../../src/services/participants/index.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { identity } from '../ws/fakes.js';

const CHAT = 7;
const actor = identity(1);

/** Every durable change of the services over stores that answer with `code`, and what they call suspect. */
function changes(code: 'indeterminate' | 'unavailable') {
  const suspects: (number | null)[] = [];
  const fail = (): Promise<never> => Promise.reject(new AppError(code));
  const chats: ChatStore = {
    ...{ createGroup: fail, openDirect: fail, view: fail, list: fail, membership: fail, rename: fail },
    ...{ addParticipants: fail, removeParticipant: fail, setAdmin: fail, markRead: fail },
  };
  const log: MessageLog = {
    ...{ append: fail, appendUnlessBusy: fail, edit: fail, remove: fail, find: fail, page: fail, window: fail },
  };
  const deps = {
    chats,
    log,
    publish: () => undefined,
    publishToUsers: () => undefined,
    suspect: (chatId: number | null) => void suspects.push(chatId),
    readEvents: { note: () => undefined, sweep: () => undefined, stop: () => undefined },
    writer: {
      write: () => Promise.resolve({ ok: false as const, error: new AppError(code) }),
      drain: () => Promise.resolve(),
    },
    wakeEraser: () => undefined,
    presence: { stats: fail as never, onlineIn: () => Promise.resolve([]) },
    users: {} as never,
    clock: systemClock,
  };
  const messages = createMessageServices(deps);
  const participants = createParticipantServices(deps);
  const text = { content: 'hello', messageType: 'text' as const, clientMessageId: null };
  const run: readonly (readonly [number | null, () => Promise<unknown>])[] = [
    [CHAT, () => messages.send(actor, { chatId: CHAT, ...text })],
    [null, () => messages.edit(actor, { messageId: 5, content: 'hello' })],
    [null, () => messages.remove(actor, 5)],
    [CHAT, () => createChatServices(deps).rename(actor, CHAT, 'name')],
    [CHAT, () => participants.add(actor, CHAT, [2])],
    [CHAT, () => participants.remove(actor, CHAT, 2)],
    [CHAT, () => participants.leave(actor, CHAT)],
    [CHAT, () => participants.setAdmin(actor, CHAT, 2, true)],
  ];
  return { run, suspects };
}

async function codeOf(change: Promise<unknown>): Promise<unknown> {
  const error: unknown = await change.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : error;
}

describe('a change whose outcome is unknown', () => {
  it('makes its chat suspect, whichever change it was, and is told as such', async () => {
    const { run, suspects } = changes('indeterminate');
    for (const [, change] of run) expect(await codeOf(change())).to.equal('indeterminate');
    expect(suspects).to.deep.equal(run.map(([chatId]) => chatId));
  });

  it('is not one that failed for certain', async () => {
    const { run, suspects } = changes('unavailable');
    for (const [, change] of run) expect(await codeOf(change())).to.equal('unavailable');
    expect(suspects).to.deep.equal([]);
  });
});
