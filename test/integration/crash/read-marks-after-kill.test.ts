import { expect } from 'chai';
import type { ChangesResource } from '../../../src/protocol/changes.js';
import type { ChatListItemResource, MessageResource, PageResource } from '../../../src/protocol/resources.js';
import type { TestClient, TestUser } from '../../helpers/client.js';
import { CrashHarness } from './harness.js';

const ROUNDS = 2;
/** Enough that every kind of call has been answered, and others are on their way when the process is killed. */
const KILL_AFTER_ANSWERS = 60;

/** kill -9 while several people send, delete and read: marks that were answered are kept, and every count is exact. */
describe('kill -9 while marks are moved', function () {
  this.timeout(120_000);
  const server = new CrashHarness();
  after(() => server.dispose());

  it('loses no mark, moves none back and counts what is unread exactly', async () => {
    let client = await server.start();
    const users = await client.registerUsers(3);
    const [owner, ...members] = users;
    if (owner === undefined) throw new Error('no users');
    const chat = await client.createGroup(owner, members);
    const answered = new Map<TestUser, number>();

    for (let round = 0; round < ROUNDS; round += 1) {
      let answers = 0;
      let killed: Promise<unknown> = Promise.reject(new Error('everyone was cut off before the kill'));
      killed.catch(() => undefined);
      const count = (): void => {
        answers += 1;
        if (answers === KILL_AFTER_ANSWERS) killed = server.end('SIGKILL');
      };
      await Promise.all(users.map((user) => liveUntilCut(client, chat.id, user, answered, count)));
      await killed;
      client = await server.start();
      for (const user of users) await expectExact(client, chat.id, user, answered);
    }
  });
});

/** Sends, reads and now and then deletes, until the server is gone. */
async function liveUntilCut(
  client: TestClient,
  chatId: number,
  user: TestUser,
  answered: Map<TestUser, number>,
  count: () => void,
): Promise<void> {
  const as = client.as(user);
  const noteMark = (seq: number): void => void answered.set(user, Math.max(seq, answered.get(user) ?? 0));
  try {
    for (let nth = 0; ; nth += 1) {
      const sent = await as.post<MessageResource>('/messages', { chat_id: chatId, content: `${nth}` });
      if (sent.status === 201) noteMark(sent.body.seq);
      count();
      const read = await as.put<{ last_read_seq: number }>(`/chats/${chatId}/read`, { seq: sent.body.seq + 2 });
      if (read.status === 200) noteMark(read.body.last_read_seq);
      count();
      if (nth % 3 === 0) await as.del(`/messages/${sent.body.id}`);
    }
  } catch (error) {
    // The connection ends with the server; anything else is a failure of its own.
    if (!(error instanceof TypeError)) throw error;
  }
}

async function expectExact(
  client: TestClient,
  chatId: number,
  user: TestUser,
  answered: ReadonlyMap<TestUser, number>,
): Promise<void> {
  const as = client.as(user);
  const visible: MessageResource[] = [];
  let last: ChangesResource | null = null;
  for (let since = 0; last === null || last.has_more; since = last.rev) {
    last = (await as.get<ChangesResource>(`/chats/${chatId}/changes?since_rev=${since}&limit=500`)).body;
    visible.push(...last.changes.flatMap((frame) => (frame.type === 'new_message' ? [frame.message] : [])));
  }
  const mark = last.reads.find((one) => one.user_id === user.id)?.last_read_seq ?? 0;
  expect(mark).to.be.within(answered.get(user) ?? 0, last.last_seq);
  const beyond = visible.filter((message) => message.seq > mark);
  expect(beyond.every((message) => message.sender_id !== user.id)).to.equal(true);
  expect(last.unread_count).to.equal(beyond.length);
  const list = (await as.get<PageResource<ChatListItemResource>>('/chats')).body;
  expect(list.items[0]?.unread_count).to.equal(beyond.length);
}
