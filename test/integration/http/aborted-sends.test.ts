import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';
import { createRandom } from '../../helpers/random.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { RawClient } from '../../edge/support/raw-client.js';
import { until } from '../ws/fixtures.js';

const LISTENERS = ['main', 'HTTP_PORT'] as const;
const ROUNDS = 80;

/** A client that goes away says nothing about its request: what had arrived whole is stored, once, the rest never. */
describe('sends whose clients go away', function () {
  this.timeout(60_000);
  let app: TestApp;
  let client: TestClient;
  let user: TestUser;
  const sends = { begun: 0, ended: 0 };
  /** What a send waits for before it goes on. */
  let gate: Promise<void> = Promise.resolve();
  /** As `gate`, for whoever is being asked who they are: before a handler reads its body. */
  let door: Promise<void> = Promise.resolve();
  let asked = 0;

  before(async () => {
    app = await startTestApp({
      env: { HTTP_PORT: '0' },
      wrapServices: (services) => ({
        ...services,
        users: {
          ...services.users,
          async authenticate(token) {
            asked += 1;
            await door;
            return services.users.authenticate(token);
          },
        },
        messages: {
          ...services.messages,
          async send(...input) {
            sends.begun += 1;
            try {
              await gate;
              return await services.messages.send(...input);
            } finally {
              sends.ended += 1;
            }
          },
        },
      }),
    });
    client = new TestClient(app.url);
    user = await client.registerUser('leaver');
  });
  afterEach(() => {
    gate = Promise.resolve();
    door = Promise.resolve();
  });
  after(async () => {
    await app.stop();
    expect(app.logs.filter((line) => line.includes('still in flight'))).to.deep.equal([]);
  });

  function portOf(listener: (typeof LISTENERS)[number]): number {
    return listener === 'main' ? Number(new URL(app.url).port) : (app.httpPort ?? 0);
  }

  function request(chatId: number, content: string): string {
    const body = JSON.stringify({ chat_id: chatId, content, client_message_id: content });
    const head = `POST /api/v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${user.token}\r\n`;
    return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  async function freshChat(): Promise<number> {
    return (await client.createGroup(user, [await client.registerUser('reader')])).id;
  }

  /** How often each content is in the chat. */
  async function stored(chatId: number): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const answer = await client
        .as(user)
        .get<{ pages: number; items: { content: string }[] }>(`/messages/chat/${chatId}?limit=100&page=${page}`);
      pages = answer.body.pages;
      for (const { content } of answer.body.items) counts.set(content, (counts.get(content) ?? 0) + 1);
    }
    return counts;
  }

  async function settled(): Promise<void> {
    await until(() => sends.begun === sends.ended, 'no send in flight');
  }

  for (const listener of LISTENERS) {
    it(`on ${listener}: after the body and before the answer, it is stored once and a retry finds it`, async () => {
      const chatId = await freshChat();
      for (const ending of ['fin', 'reset'] as const) {
        let open = (): void => undefined;
        gate = new Promise((resolve) => (open = resolve));
        const begun = sends.begun;
        const raw = await RawClient.open(portOf(listener));
        raw.write(request(chatId, ending));
        await until(() => sends.begun === begun + 1, 'the send has begun');
        if (ending === 'fin') raw.destroy();
        else raw.socket.resetAndDestroy();
        await until(() => raw.closed, 'the client is gone');
        open();
        await settled();
        expect((await stored(chatId)).get(ending), ending).to.equal(1);
        const json = { chat_id: chatId, content: ending, client_message_id: ending };
        const retry = await client.as(user).post('/messages', json);
        expect([retry.status, retry.body['duplicate']], ending).to.deep.equal([200, true]);
      }
    });

    it(`on ${listener}: before the handler has read the body, it is stored once if it was whole`, async () => {
      const chatId = await freshChat();
      for (const [content, missing] of [
        ['whole, fin', 0],
        ['whole, reset', 0],
        ['half, fin', 5],
        ['half, reset', 5],
      ] as const) {
        let open = (): void => undefined;
        door = new Promise((resolve) => (open = resolve));
        const before = asked;
        const raw = await RawClient.open(portOf(listener));
        raw.write(request(chatId, content).slice(0, -missing || undefined));
        // Where the edge waits for the whole body, nobody is asked about half of one.
        if (missing === 0) await until(() => asked > before, 'the request has begun');
        else await new Promise((resolve) => setImmediate(resolve));
        if (content.endsWith('fin')) raw.destroy();
        else raw.socket.resetAndDestroy();
        await until(() => raw.closed, 'the client is gone');
        // Served behind it on the same listener: by then the server has noticed.
        const next = await RawClient.open(portOf(listener));
        next.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await next.response()).status).to.equal(200);
        next.destroy();
        open();
        const expected = missing === 0 ? 1 : undefined;
        await waitUntil(async () => expect((await stored(chatId)).get(content), content).to.equal(expected), {
          what: content,
          deadlineMs: 10_000,
        });
      }
    });

    it(`on ${listener}: anywhere in one or two requests, whole ones are stored once and others never`, async () => {
      const random = createRandom();
      const note = `seed ${random.seed}`;
      const chatId = await freshChat();
      const never = new Set<string>();
      const always = new Set<string>();
      const contents: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const names = [`${round} first`, `${round} second`];
        const texts = names.map((name) => request(chatId, name));
        const length = texts.join('').length;
        const bounds = [texts[0]?.length ?? 0, length];
        // Often at a border, where one byte decides.
        const at = random.below(3) === 0 ? random.of([bounds[0] ?? 0, length, length - 1]) : random.below(length + 1);
        const ending = random.of(['fin', 'reset']);
        const raw = await RawClient.open(portOf(listener));
        raw.write(texts.join('').slice(0, at));
        for (let turns = random.below(6); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
        if (ending === 'fin') raw.destroy();
        else raw.socket.resetAndDestroy();
        names.forEach((name, index) => {
          contents.push(name);
          if (at < (bounds[index] ?? 0)) never.add(name);
          // A reset may take along what was not read; a pipelined second is not promised to be taken, and natively a first
          // one is refused, unstored, where something stands behind it.
          else if (ending === 'fin' && index === 0 && (listener === 'HTTP_PORT' || at <= (bounds[0] ?? 0)))
            always.add(name);
        });
      }
      // A closed connection is read to its end, at some time.
      let counts = await waitUntil(
        async () => {
          const found = await stored(chatId);
          for (const name of always) expect(found.get(name), name).to.equal(1);
          return found;
        },
        { what: `${note}: every first request that was whole is stored`, deadlineMs: 10_000 },
      );
      await settled();
      for (const name of never) expect(counts.has(name), `${note}: ${name} was cut`).to.equal(false);

      // Whatever became of them: the same again, to the end, and each is there once.
      for (const name of contents) {
        const json = { chat_id: chatId, content: name, client_message_id: name };
        expect((await client.as(user).post('/messages', json)).status, note).to.be.oneOf([200, 201]);
      }
      counts = await stored(chatId);
      expect(
        [...counts.values()].every((times) => times === 1),
        note,
      ).to.equal(true);
      expect(counts.size, note).to.equal(contents.length);
    });
  }
});
