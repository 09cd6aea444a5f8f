import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import type { MessageResource, ProblemResource } from '../../../src/protocol/resources.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { RATES_OFF, startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient, type Answer, type TestUser } from '../../helpers/client.js';

/** Set to nothing: the defaults hold. */
const DEFAULTS = Object.fromEntries(Object.keys(RATES_OFF).map((name) => [name, '']));

for (const listener of ['uws', 'node'] as const) {
  describe(`what one account may have done in a time (${listener})`, () => {
    let app: TestApp;
    let client: TestClient;
    let ann: TestUser;
    let ben: TestUser;
    let chatId: number;
    let skipped: number;
    const clock: Clock = {
      now: () => systemClock.now() + skipped,
      monotonic: () => systemClock.monotonic() + skipped,
    };

    async function start(env: Readonly<Record<string, string>>): Promise<void> {
      skipped = 0;
      app = await startTestApp({ env: { LISTENER: listener, ...env }, clock });
      client = new TestClient(app.url);
      [ann, ben] = (await client.registerUsers(2)) as [TestUser, TestUser];
      const creator = { userId: ann.id, username: ann.username, expiresAt: Infinity };
      const group = { type: 'group' as const, name: 'g', participantIds: [ben.id] };
      chatId = (await app.services.chats.create(creator, group)).view.chat.id;
    }
    afterEach(() => app.stop());

    const send = (user: TestUser, content = 'hello', clientMessageId?: string) =>
      client.as(user).post<MessageResource & ProblemResource>('/messages', {
        chat_id: chatId,
        content,
        ...(clientMessageId === undefined ? {} : { client_message_id: clientMessageId }),
      });
    /** Comes back when it was told to. */
    function waitAsTold(answer: Answer<unknown>): void {
      expect(answer.body).to.include({ status: 429, code: 'rate_limited' });
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).to.be.within(1, 3_600);
      skipped += 1_000 * seconds;
    }

    it('is one message, ten reads and three edits a minute where the operator says so', async () => {
      await start({ RATE_SEND: '1/1m', RATE_READ: '10/1m', RATE_EDIT: '3/1m' });
      const first = await send(ann);
      expect(first.status).to.equal(201);
      const edit = () => client.as(ann).put(`/messages/${first.body.id}`, { content: 'changed' });
      const read = () => client.as(ann).get(`/messages/chat/${chatId}`);
      for (let count = 0; count < 3; count += 1) expect((await edit()).status).to.equal(200);
      for (let count = 0; count < 10; count += 1) expect((await read()).status).to.equal(200);

      const refused = await send(ann);
      expect(Number(refused.headers.get('retry-after'))).to.be.within(50, 60);
      for (const again of [edit, read]) expect((await again()).status).to.equal(429);
      expect((await client.as(ann).del(`/messages/${first.body.id}`)).status, 'deletes are edits').to.equal(429);
      expect((await send(ben)).status, 'nobody else is held up').to.equal(201);

      waitAsTold(refused);
      expect((await send(ann)).status).to.equal(201);
      expect((await edit()).status).to.equal(200);
    });

    it('is taken before a body is read or a store asked', async () => {
      await start({ RATE_SEND: '2/1m', RATE_SEARCH: '1/1m', RATE_CREATE_CHAT: '1/1m', RATE_ADD_PEOPLE: '1/1m' });
      expect((await client.call('POST', '/messages', { token: ann.token, raw: '{' })).status).to.equal(400);
      expect((await client.call('POST', '/messages', { token: ann.token, json: {} })).status).to.equal(422);
      const late = await client.call('POST', '/messages', { token: ann.token, raw: '{' });
      expect(late.body, 'what is wrong counts, and is not even looked at').to.include({ code: 'rate_limited' });

      const asked: [string, () => Promise<Answer<unknown>>][] = [
        ['search', () => client.as(ann).get('/users/search?q=nobody')],
        ['create', () => client.as(ann).post('/chats', { chat_type: 'direct', participant_ids: [ben.id] })],
        ['add', () => client.as(ann).post(`/chats/${chatId}/participants`, { user_ids: [ben.id] })],
      ];
      for (const [what, ask] of asked) {
        expect((await ask()).status, what).to.be.below(300);
        expect((await ask()).status, what).to.equal(429);
      }
      expect((await client.as({ token: 'x.y.z' }).get('/users/me')).status, 'strangers are told 401').to.equal(401);
    });

    it('counts the bytes of messages and edits', async () => {
      await start({ RATE_SEND: '100KB/1m', RATE_EDIT: '100KB/1m' });
      const long = '\u{1F600}'.repeat(10_000);
      const first = await send(ann, long);
      expect(first.status).to.equal(201);
      expect((await send(ann, long)).status).to.equal(201);
      const refused = await send(ann, long);
      expect((await send(ann, 'x'.repeat(10_000))).status, 'what still fits').to.equal(201);
      const edit = (content: string) => client.as(ann).put(`/messages/${first.body.id}`, { content });
      expect((await edit(`${long.slice(2)}1`)).status).to.equal(200);
      expect((await edit(`${long.slice(2)}2`)).status).to.equal(200);
      expect((await edit(`${long.slice(2)}3`)).status).to.equal(429);
      waitAsTold(refused);
      expect((await send(ann, long)).status).to.equal(201);
      expect((await client.as(ann).get(`/messages/${first.body.id}`)).body).to.include({ version: 3 });
    });

    it('a retry that it refuses gets its first answer later', async () => {
      await start({ RATE_SEND: '2/1m' });
      const first = await send(ann, 'once', 'key-1');
      expect((await send(ann, 'once', 'key-1')).body).to.include({ id: first.body.id, duplicate: true });
      waitAsTold(await send(ann, 'once', 'key-1'));
      expect((await send(ann, 'once', 'key-1')).body).to.include({ id: first.body.id, duplicate: true });
      const page = await client.as(ben).get<{ total: number }>(`/messages/chat/${chatId}`);
      expect(page.body.total).to.equal(1);
    });

    it('by default never hinders a client that does thirty things in one second', async () => {
      await start(DEFAULTS);
      const asAnn = client.as(ann);
      const kinds: ((n: number) => Promise<Answer<unknown>>)[] = [
        (n) => send(ann, `message ${n}`),
        (n) => asAnn.put(`/chats/${chatId}`, { name: `name ${n}` }),
        (n) => asAnn.post('/chats', { chat_type: 'group', name: `group ${n}`, participant_ids: [ben.id] }),
        () => asAnn.post(`/chats/${chatId}/participants`, { user_ids: [ben.id] }),
        () => asAnn.get('/chats?limit=100'),
        () => asAnn.get('/users/search?q=an'),
        () => asAnn.post('/changes', { chats: { [String(chatId)]: 0 } }),
      ];
      for (const kind of kinds) {
        const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => kind(n)));
        expect(answers.filter(({ status }) => status >= 300).map(({ text }) => text)).to.deep.equal([]);
      }
    });

    it('by default stops a flood of texts, and the account goes on afterwards', async () => {
      await start(DEFAULTS);
      const long = '\u{1F600}'.repeat(10_000);
      let stored = 0;
      let refused: Answer<unknown> | null = null;
      while (refused === null) {
        expect(stored, 'megabytes of one minute').to.be.at.most(4_000_000);
        const answer = await send(ann, long);
        if (answer.status === 201) stored += 40_000;
        else refused = answer;
        skipped += 50;
      }
      expect(stored).to.equal(4_000_000);
      waitAsTold(refused);
      for (let count = 0; count < 60; count += 1) {
        skipped += 1_000;
        expect((await send(ann)).status, `message ${count} of an ordinary day`).to.equal(201);
      }
    });
  });
}
