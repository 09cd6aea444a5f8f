import { expect } from 'chai';
import type { ChatEvent, UserEvent } from '../../../src/domain/events.js';
import type { Identity, User } from '../../../src/domain/user.js';
import { createChatServices } from '../../../src/services/chats/index.js';
import { createReadEvents } from '../../../src/services/realtime/read-events.js';
import type { Services } from '../../../src/services/services.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { at, expectCode, group, people, send } from '../../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../../helpers/stores.js';

describe('what the chat services publish', () => {
  let stores: TestStores;
  let chats: Services['chats'];
  let events: ChatEvent[];
  let userEvents: UserEvent[];

  before(async () => {
    stores = await openTestStores();
  });
  beforeEach(() => {
    events = [];
    userEvents = [];
    const publish = (more: readonly ChatEvent[]): void => void events.push(...more);
    chats = createChatServices({
      chats: stores.chats,
      users: stores.users,
      presence: {
        stats: () => {
          throw new Error('not part of this');
        },
        onlineIn: () => Promise.resolve([]),
      },
      publish,
      suspect: () => undefined,
      publishToUsers: (more) => void userEvents.push(...more),
      // Every mark is told at once: the hours between two of them pass by themselves.
      readEvents: createReadEvents({ publish, clock: leapingClock() }),
      clock: systemClock,
    });
  });
  after(() => stores.close());

  function leapingClock() {
    let now = 0;
    return { now: () => now, monotonic: () => (now += 3_600_000) };
  }

  const actor = (user: User): Identity => ({ userId: user.id, username: user.username, expiresAt: 0 });
  const told = (): unknown[] => userEvents.map(({ type, userId, chatId, rev }) => [type, userId, chatId, rev]);

  it('tells everyone in a new group that it is in their list', async () => {
    const users = await people(stores, 3);
    const [ada, bob, eve] = [at(users, 0), at(users, 1), at(users, 2)];
    const { view } = await chats.create(actor(ada), { type: 'group', name: null, participantIds: [bob.id, eve.id] });
    const { id, rev } = view.chat;
    expect(told()).to.have.deep.members([ada, bob, eve].map((user) => ['chat_added', user.id, id, rev]));
    expect(events).to.deep.equal([]);
  });

  it('tells both of a new direct chat, and of a hidden one whoever asks for it', async () => {
    const users = await people(stores, 2);
    const [ada, bob] = [at(users, 0), at(users, 1)];
    const open = (user: User, other: User) =>
      chats.create(actor(user), { type: 'direct', name: null, participantIds: [other.id] });
    const { id, rev } = (await open(ada, bob)).view.chat;
    expect(told()).to.have.deep.members([ada, bob].map((user) => ['chat_added', user.id, id, rev]));
    userEvents = [];
    await open(bob, ada);
    expect(told()).to.deep.equal([]);
    await stores.chats.removeParticipant(id, ada.id, ada.id, 'leave');
    await open(bob, ada);
    expect(told()).to.deep.equal([]);
    await open(ada, bob);
    expect(told()).to.deep.equal([['chat_added', ada.id, id, rev]]);
    await stores.chats.removeParticipant(id, ada.id, ada.id, 'leave');
    await send(stores, id, bob, 'brings it back by itself');
    await open(ada, bob);
    expect(told()).to.have.length(1);
  });

  it('tells a read mark that moved, and none that did not', async () => {
    const users = await people(stores, 2);
    const [ada, bob] = [at(users, 0), at(users, 1)];
    const { chat } = await group(stores, [ada, bob]);
    for (const content of ['one', 'two', 'three']) await send(stores, chat.id, ada, content);
    expect(await chats.markRead(actor(bob), chat.id, 2)).to.deep.equal({ lastReadSeq: 2, unreadCount: 1 });
    for (const seq of [2, 1, 0]) await chats.markRead(actor(bob), chat.id, seq);
    await chats.markRead(actor(ada), chat.id, 3);
    await chats.markRead(actor(bob), chat.id, 1_000);
    const marks = events.map((event) =>
      event.type === 'read' ? [event.userId, event.lastReadSeq, event.ownOnly] : [],
    );
    expect(marks).to.deep.equal([
      [bob.id, 2, false],
      [bob.id, 3, false],
    ]);
    const [out] = await people(stores, 1);
    if (out === undefined) throw new Error('a person');
    await expectCode(chats.markRead(actor(out), chat.id, 1), 'chat_not_found');
    expect(events).to.have.length(2);
  });

  it('tells a read mark to its owner alone where there are more than twenty', async () => {
    const users = await people(stores, LIMITS.readMarksMax + 1);
    const last = at(users, LIMITS.readMarksMax);
    const { chat } = await group(stores, users);
    await send(stores, chat.id, at(users, 0), 'one');
    await send(stores, chat.id, at(users, 0), 'two');
    await chats.markRead(actor(last), chat.id, 1);
    await stores.chats.removeParticipant(chat.id, at(users, 1).id, at(users, 1).id, 'leave');
    await chats.markRead(actor(last), chat.id, 2);
    expect(events.map((event) => (event.type === 'read' ? event.ownOnly : null))).to.deep.equal([true, false]);
  });
});
