import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import type { ChangesOfChatsResource, ChangesResource } from '../../../src/protocol/changes.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import type { MessageResource, PageResource, WindowResource } from '../../../src/protocol/resources.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';

const COUNT = 100;
const LONG = '\u{10ffff}'.repeat(LIMITS.messageLength);

/** Answers of megabytes, over the whole way from the databases to the peer. */
describe('large answers', function () {
  this.timeout(120_000);
  let app: TestApp;
  let client: TestClient;
  let ada: TestUser;
  let chatId: number;

  before(async () => {
    app = await startTestApp();
    client = new TestClient(app.url);
    const [first, ben] = await client.registerUsers(2, 'large');
    if (first === undefined || ben === undefined) throw new Error('two users');
    ada = first;
    const as = client.as(ada);
    const chat = await as.post<{ id: number }>('/chats', { chat_type: 'direct', participant_ids: [ben.id] });
    chatId = chat.body.id;
    for (let index = 0; index < COUNT; index += 1) {
      const sent = await as.post('/messages', { chat_id: chatId, content: `${index}${LONG.slice(6)}` });
      expect(sent.status).to.equal(201);
    }
  });
  after(() => app.stop());

  const bytesOf = (items: readonly MessageResource[]): number =>
    items.reduce((sum, { content }) => sum + Buffer.byteLength(content ?? ''), 0);
  const placesOf = (items: readonly MessageResource[]): number[] =>
    items.map(({ content }) => Number(/^\d+/.exec(content ?? '')?.[0]));
  const everything = Array.from({ length: COUNT }, (_, index) => index);

  it('a numbered page comes whole, to many at once', async () => {
    const path = `/messages/chat/${chatId}?page=1&limit=100`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => client.as(ada).get<PageResource<MessageResource>>(path)),
    );
    for (const answer of answers) {
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-type')).to.equal('application/json; charset=utf-8');
      expect(Number(answer.headers.get('content-length'))).to.equal(Buffer.byteLength(answer.text));
      expect(placesOf(answer.body.items).reverse()).to.deep.equal(everything);
      // The bytes that would be written in one piece.
      expect(answer.text).to.equal(JSON.stringify(answer.body));
    }
  });

  it('windows end at a MiB and are read on', async () => {
    const seen: number[] = [];
    for (let seq = COUNT + 1, rounds = 0; ; rounds += 1) {
      const path = `/messages/chat/${chatId}?before_seq=${seq}&limit=100`;
      const { status, body } = await client.as(ada).get<WindowResource<MessageResource>>(path);
      expect(status).to.equal(200);
      expect(bytesOf(body.items)).to.be.within(1, LIMITS.answerBytes);
      seen.push(...placesOf(body.items));
      if (!body.has_more_before) {
        expect(rounds).to.equal(3);
        break;
      }
      seq = body.items.at(-1)?.seq ?? 0;
    }
    expect(seen.reverse()).to.deep.equal(everything);
  });

  it('changes of a chat and of many end at a MiB and are read on', async () => {
    const messagesOf = ({ changes }: ChangesResource): MessageResource[] =>
      changes.flatMap((frame) => (frame.type === 'new_message' ? [frame.message] : []));
    for (const kind of ['one', 'many'] as const) {
      const seen: number[] = [];
      for (let rev = 0, hasMore = true; hasMore;) {
        const page = kind === 'one' ? await oneChat(rev) : await manyChats(rev);
        const told = messagesOf(page);
        expect(bytesOf(told)).to.be.at.most(LIMITS.answerBytes);
        seen.push(...placesOf(told));
        ({ rev, has_more: hasMore } = page);
      }
      expect(seen, kind).to.deep.equal(everything);
    }
  });

  async function oneChat(rev: number): Promise<ChangesResource> {
    const path = `/chats/${chatId}/changes?since_rev=${rev}&limit=500`;
    return (await client.as(ada).get<ChangesResource>(path)).body;
  }

  async function manyChats(rev: number): Promise<ChangesResource> {
    const { body } = await client
      .as(ada)
      .post<ChangesOfChatsResource>('/changes', { chats: { [chatId]: rev }, limit: 500 });
    const page = body.chats[chatId];
    if (page === undefined || !('changes' in page)) throw new Error('a page');
    return page;
  }

  it('who leaves gives back what his answers held: two dozen of 4 MB left alone, and the next is served', async () => {
    const path = `/api/v1/messages/chat/${chatId}?page=1&limit=100`;
    const leave = async (): Promise<void> => {
      const asking = request(app.url + path, { headers: { authorization: `Bearer ${ada.token}` }, agent: false });
      asking.on('error', () => undefined);
      asking.end();
      // Some while the answer is made, some in the middle of it.
      if (asking.socket === null) await once(asking, 'socket');
      await Promise.race([once(asking, 'response').catch(() => undefined), once(asking, 'close')]);
      asking.destroy();
    };
    await Promise.all(Array.from({ length: 24 }, leave));
    const answer = await client.as(ada).get<PageResource<MessageResource>>(path);
    expect(answer.status).to.equal(200);
    expect(answer.body.items).to.have.length(COUNT);
  });
});
