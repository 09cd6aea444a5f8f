import type { Caller, TestClient, TestUser } from '../../helpers/client.js';
import type { Operation, Seen } from './entries.js';
import { refused, type History, type Outcome } from './recorder.js';
import { toSeen } from './sessions.js';

type Body = Readonly<Record<string, unknown>>;

/** A user's client over REST that writes down what it asks and what it is told. */
export class RestClient {
  constructor(
    private readonly history: History,
    readonly user: TestUser,
    /** Asked for at each call: a restarted server may have another port. */
    private readonly server: () => TestClient,
    readonly name = `rest-${process.pid}-${user.id}`,
  ) {}

  send(chat: number, content: string, key: string | null = null): Promise<Outcome<'send'>> {
    return this.call(
      'send',
      { chat, key, content, socket: null },
      (as) => as.post('/messages', { chat_id: chat, content, ...(key === null ? {} : { client_message_id: key }) }),
      (body) => ({
        message: Number(body['id']),
        seq: Number(body['seq']),
        rev: Number(body['rev']),
        duplicate: body['duplicate'] === true,
      }),
    );
  }

  edit(message: number, content: string): Promise<Outcome<'edit'>> {
    return this.call(
      'edit',
      { message, content },
      (as) => as.put(`/messages/${message}`, { content }),
      (body) => ({ version: Number(body['version']), rev: Number(body['rev']) }),
    );
  }

  delete(message: number): Promise<Outcome<'delete'>> {
    return this.call(
      'delete',
      { message },
      (as) => as.del(`/messages/${message}`),
      () => ({}),
    );
  }

  create(name: string, members: readonly number[]): Promise<Outcome<'create'>> {
    return this.call(
      'create',
      { name, members },
      (as) => as.post('/chats', { chat_type: 'group', name, participant_ids: members }),
      (body) => ({ chat: Number(body['id']) }),
    );
  }

  rename(chat: number, name: string): Promise<Outcome<'rename'>> {
    return this.call(
      'rename',
      { chat, name },
      (as) => as.put(`/chats/${chat}`, { name }),
      () => ({}),
    );
  }

  add(chat: number, users: readonly number[]): Promise<Outcome<'add'>> {
    return this.call(
      'add',
      { chat, users },
      (as) => as.post(`/chats/${chat}/participants`, { user_ids: users }),
      () => ({}),
    );
  }

  remove(chat: number, target: number): Promise<Outcome<'remove'>> {
    return this.call(
      'remove',
      { chat, target },
      (as) => as.del(`/chats/${chat}/participants/${target}`),
      () => ({}),
    );
  }

  leave(chat: number): Promise<Outcome<'remove'>> {
    return this.call(
      'remove',
      { chat, target: this.user.id },
      (as) => as.del(`/chats/${chat}`),
      () => ({}),
    );
  }

  /** At most 100 messages from `from` on. */
  list(chat: number, from = 1): Promise<Outcome<'list'>> {
    return this.call(
      'list',
      { chat, from, to: from + 99 },
      (as) => as.get(`/messages/chat/${chat}?after_seq=${from - 1}&limit=100`),
      (body) => ({ items: ((body['items'] ?? []) as Body[]).map(toSeen).filter((item) => item.seq < from + 100) }),
    );
  }

  /** The whole visible history, for a dump's views; not written down, and a refusal is an error. */
  async view(chat: number): Promise<readonly Seen[]> {
    const all: Seen[] = [];
    for (let after = 0; ;) {
      const path = `/messages/chat/${chat}?after_seq=${after}&limit=100`;
      const { status, body } = await this.caller().get<{ items: Body[] }>(path);
      if (status !== 200) throw new Error(`reading chat ${chat} answered ${status}`);
      const items = body.items.map(toSeen).sort((a, b) => a.seq - b.seq);
      if (items.length === 0) return all;
      all.push(...items);
      after = items.at(-1)?.seq ?? after;
    }
  }

  private caller(): Caller {
    return this.server().as(this.user);
  }

  private call<O extends Operation>(
    op: O,
    asked: Parameters<typeof this.history.call<O>>[2],
    request: (as: Caller) => Promise<{ readonly status: number; readonly body: Body }>,
    read: (body: Body) => object,
  ): Promise<Outcome<O>> {
    return this.history.call({ client: this.name, user: this.user.id }, op, asked, async () => {
      const { status, body } = await request(this.caller());
      if (status === 200 || status === 201) return { phase: 'ok', ...read(body) } as Outcome<O>;
      return refused(typeof body['code'] === 'string' ? body['code'] : null);
    });
  }
}
