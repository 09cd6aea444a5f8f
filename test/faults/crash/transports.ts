import { ERROR_CODES, type ErrorCode } from '../../../src/protocol/error-codes.js';
import type { TestClient, TestUser } from '../../helpers/client.js';
import { connect, type Frame } from '../../helpers/ws-client.js';

export interface Item {
  readonly clientMessageId: string;
  readonly content: string;
}

/**
 * What a client may believe after a send: it is stored; it was refused and does not exist; or nobody knows, because the
 * answer says so or none came.
 */
export interface SendAnswer {
  readonly outcome: 'stored' | 'refused' | 'unknown';
  readonly messageId?: number;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly code?: string;
}

/** One user's way into one chat. */
export interface Port {
  /** Never rejects: a connection that ends is an answer too. */
  send(item: Item): Promise<SendAnswer>;
  close(): Promise<void>;
}

export interface Transport {
  readonly name: 'REST' | 'socket';
  open(client: TestClient, user: TestUser, chatId: number): Promise<Port>;
}

/** Long enough for any deadline of the server. */
const ANSWER_MS = 60_000;

const rest: Transport = {
  name: 'REST',
  open: (client, user, chatId) =>
    Promise.resolve({
      async send({ clientMessageId, content }) {
        const json = { chat_id: chatId, content, client_message_id: clientMessageId };
        const answer = await client
          .as(user)
          .post('/messages', json)
          .catch(() => null);
        if (answer === null) return { outcome: 'unknown' };
        if (answer.status >= 400) return refusal(String(answer.body['code']));
        const { id, seq, duplicate } = answer.body;
        return { outcome: 'stored', messageId: Number(id), seq: Number(seq), duplicate: duplicate === true };
      },
      close: () => Promise.resolve(),
    }),
};

const socket: Transport = {
  name: 'socket',
  async open(client, user, chatId) {
    const line = await connect(`${client.url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${user.token}`);
    await line.sync();
    let sent = 0;
    return {
      async send({ clientMessageId, content }) {
        sent += 1;
        const id = `send-${sent}`;
        line.send({ type: 'message', id, content, client_message_id: clientMessageId });
        const answers = (frame: Frame): boolean =>
          frame['id'] === id && (frame['type'] === 'ack' || frame['type'] === 'error');
        const frame = await Promise.race([line.next(answers, ANSWER_MS), line.closed.then(() => null)]).catch(
          () => null,
        );
        if (frame === null) return { outcome: 'unknown' };
        if (frame['type'] === 'error') return refusal(String(frame['code']));
        const { message_id, seq, duplicate } = frame;
        return { outcome: 'stored', messageId: Number(message_id), seq: Number(seq), duplicate: duplicate === true };
      },
      close: () => line.close(),
    };
  },
};

export const TRANSPORTS: readonly Transport[] = [rest, socket];

/** `indeterminate` says that it is not known; so does an error of the server that it did not foresee. */
function refusal(code: string): SendAnswer {
  const known = code in ERROR_CODES ? (code as ErrorCode) : 'internal';
  return { outcome: known === 'indeterminate' ? 'unknown' : 'refused', code };
}
