import { expect } from 'chai';
import type { TestClient, TestUser } from '../../helpers/client.js';
import { connect, type Closed } from '../../helpers/ws-client.js';

export interface Sent {
  readonly clientMessageId: string;
  readonly content: string;
}

export interface Acked {
  readonly messageId: number;
  readonly seq: number;
}

export interface Listed {
  readonly id: number;
  readonly seq: number;
  readonly content: string;
}

/** What one user has sent, and what of it was acknowledged, over several connections. */
export interface Ledger {
  readonly user: TestUser;
  readonly sent: Sent[];
  readonly acked: Map<string, Acked>;
}

export function newLedger(user: TestUser): Ledger {
  return { user, sent: [], acked: new Map() };
}

/** Frames that are sent ahead of their acknowledgements. */
const AHEAD = 8;

/** Sends as fast as acknowledgements allow until the connection is gone, and answers how it ended. */
export async function sendUntilClosed(
  client: TestClient,
  chatId: number,
  ledger: Ledger,
  prefix: string,
  onAck: () => void,
): Promise<Closed> {
  const { user, sent, acked } = ledger;
  const socket = await connect(`${client.url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${user.token}`);
  const send = (): void => {
    const item = { clientMessageId: `${prefix}-${sent.length}`, content: `${user.id} ${prefix} says ${sent.length}` };
    sent.push(item);
    socket.send({ type: 'message', content: item.content, client_message_id: item.clientMessageId });
  };
  for (let ahead = 0; ahead < AHEAD; ahead += 1) send();
  const gone = socket.closed.then(() => null);
  for (;;) {
    const ack = await Promise.race([socket.nextOf('ack', 60_000), gone]).catch(() => null);
    if (ack === null) break;
    note(acked, ack);
    onAck();
    send();
  }
  const end = await socket.closed;
  // Those that came with the close and were not waited for any more.
  for (const frame of socket.frames) if (frame['type'] === 'ack') note(acked, frame);
  return end;
}

function note(acked: Map<string, Acked>, ack: Readonly<Record<string, unknown>>): void {
  acked.set(String(ack['client_message_id']), { messageId: Number(ack['message_id']), seq: Number(ack['seq']) });
}

/** The whole visible history, oldest first, by cursor. */
export async function historyOf(client: TestClient, user: TestUser, chatId: number): Promise<Listed[]> {
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

/** seq is 1..n, and each acknowledged message stands where its acknowledgement said, as it was sent. */
export function expectAcknowledged(listed: readonly Listed[], ledgers: readonly Ledger[]): void {
  expect(listed.map((message) => message.seq)).to.deep.equal(listed.map((_message, at) => at + 1));
  for (const { sent, acked } of ledgers) {
    for (const [clientMessageId, ack] of acked) {
      const message = listed[ack.seq - 1];
      expect(message?.id, clientMessageId).to.equal(ack.messageId);
      expect(message?.content).to.equal(sent.find((item) => item.clientMessageId === clientMessageId)?.content);
    }
  }
}

/** Every send once more: what was acknowledged is a duplicate, the rest is stored now or was before. */
export async function retryAll(client: TestClient, chatId: number, ledgers: readonly Ledger[]): Promise<void> {
  for (const { user, sent, acked } of ledgers) {
    for (const { clientMessageId, content } of sent) {
      const body = { chat_id: chatId, content, client_message_id: clientMessageId };
      const answer = await client.as(user).post<Listed>('/messages', body);
      expect(answer.status, answer.text).to.be.oneOf(acked.has(clientMessageId) ? [200] : [200, 201]);
    }
  }
}
