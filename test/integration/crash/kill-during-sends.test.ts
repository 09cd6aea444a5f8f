import { expect } from 'chai';
import { freshStorage, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { runProcess, type Run } from '../process/run.js';

const ROUNDS = 3;
const SENDERS = 4;
/** Enough that several batches are in flight when the process is killed. */
const KILL_AFTER_ACKS = 60;

interface Sent {
  readonly clientMessageId: string;
  readonly content: string;
}
interface Acked {
  readonly messageId: number;
  readonly seq: number;
}
interface Listed {
  readonly id: number;
  readonly seq: number;
  readonly content: string;
  readonly client_message_id?: string;
}

/** kill -9 in the middle of sends, again and again on the same data: what was acknowledged is there, once, in order. */
describe('kill -9 during sends', function () {
  this.timeout(120_000);
  let storage: FreshStorage;
  let run: Run | null = null;
  before(async () => (storage = await freshStorage()));
  after(async () => {
    dropSockets();
    await run?.dispose();
    await storage.remove();
  });

  async function start(): Promise<TestClient> {
    const env = { ...TEST_ENVIRONMENT, ...storage.env };
    run = runProcess({ file: 'src/main.ts' }, storage.env['DATA_DIR'] ?? '.', env);
    const { url } = await run.event((event) => typeof event['url'] === 'string');
    return new TestClient(String(url));
  }

  async function kill(): Promise<void> {
    run?.child.kill('SIGKILL');
    await run?.exit();
  }

  /** Sends as fast as acknowledgements allow, some frames ahead, until the connection is gone. */
  async function sendUntilKilled(
    url: string,
    chatId: number,
    user: TestUser,
    prefix: string,
    sent: Sent[],
    acked: Map<string, Acked>,
    onAck: () => void,
  ): Promise<void> {
    const socket = await connect(`${url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${user.token}`);
    const send = (): void => {
      const item = { clientMessageId: `${prefix}-${sent.length}`, content: `${prefix} says ${sent.length}` };
      sent.push(item);
      socket.send({ type: 'message', content: item.content, client_message_id: item.clientMessageId });
    };
    for (let ahead = 0; ahead < 8; ahead += 1) send();
    const gone = socket.closed.then(() => null);
    for (;;) {
      const ack = await Promise.race([socket.nextOf('ack', 60_000).catch(() => null), gone]);
      if (ack === null) return;
      acked.set(String(ack['client_message_id']), { messageId: Number(ack['message_id']), seq: Number(ack['seq']) });
      onAck();
      send();
    }
  }

  async function history(client: TestClient, user: TestUser, chatId: number): Promise<Listed[]> {
    const all: Listed[] = [];
    for (let after = 0; ;) {
      const page = await client
        .as(user)
        .get<{ items: Listed[] }>(`/messages/chat/${chatId}?after_seq=${after}&limit=100`);
      expect(page.status, page.text).to.equal(200);
      const items = [...page.body.items].sort((a, b) => a.seq - b.seq);
      if (items.length === 0) return all;
      all.push(...items);
      after = items.at(-1)?.seq ?? after;
    }
  }

  it('loses, doubles and reorders nothing that was acknowledged', async () => {
    let client = await start();
    const users = await client.registerUsers(SENDERS);
    const [owner, ...members] = users;
    if (owner === undefined) throw new Error('no users');
    const chat = await client.createGroup(owner, members);
    const sent = users.map((): Sent[] => []);
    const acked = users.map(() => new Map<string, Acked>());

    for (let round = 0; round < ROUNDS; round += 1) {
      let acks = 0;
      const killed = new Promise<void>((resolve) => {
        const onAck = (): void => {
          acks += 1;
          if (acks === KILL_AFTER_ACKS) void kill().then(resolve);
        };
        users.forEach((user, at) => {
          const mine = sent[at] ?? [];
          void sendUntilKilled(
            client.url,
            chat.id,
            user,
            `r${round}u${at}`,
            mine,
            acked[at] ?? new Map<string, Acked>(),
            onAck,
          );
        });
      });
      await killed;
      client = await start();
    }

    const listed = await history(client, owner, chat.id);
    expect(listed.map((message) => message.seq)).to.deep.equal(listed.map((_message, at) => at + 1));
    const bySeq = new Map(listed.map((message) => [message.seq, message]));
    for (const [at] of users.entries()) {
      for (const [id, ack] of acked[at] ?? []) {
        const message = bySeq.get(ack.seq);
        expect(message?.id, id).to.equal(ack.messageId);
        expect(message?.content).to.equal(sent[at]?.find((item) => item.clientMessageId === id)?.content);
      }
    }

    // What was not acknowledged is unknown: a retry stores it, or gets back the one that was stored.
    for (const [at, user] of users.entries()) {
      for (const { clientMessageId, content } of sent[at] ?? []) {
        const body = { chat_id: chat.id, content, client_message_id: clientMessageId };
        const answer = await client.as(user).post<Listed>('/messages', body);
        expect(answer.status, answer.text).to.be.oneOf(acked[at]?.has(clientMessageId) ? [200] : [200, 201]);
      }
    }
    const final = await history(client, owner, chat.id);
    const contents = final.map((message) => message.content);
    expect(new Set(contents).size, 'doubled').to.equal(contents.length);
    expect(contents.length).to.equal(sent.flat().length);
    expect(final.map((message) => message.seq)).to.deep.equal(final.map((_message, at) => at + 1));
    await kill();
  });
});
