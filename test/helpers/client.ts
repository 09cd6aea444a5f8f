import { randomBytes } from 'node:crypto';
import type { ChatResource, MessageResource, TokenResource, UserResource } from '../../src/protocol/resources.js';

/** What came back: parsed where it is JSON, null where there is no body. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of `json`; the content type is JSON unless `headers` say otherwise. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | null;
}

export interface TestUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

type Loose = Record<string, unknown>;

/** Calls in the name of one user. `T` is what the test expects; nothing checks it but the test. */
export interface Caller {
  get<T = Loose>(path: string): Promise<Answer<T>>;
  post<T = Loose>(path: string, json: unknown): Promise<Answer<T>>;
  put<T = Loose>(path: string, json: unknown): Promise<Answer<T>>;
  patch<T = Loose>(path: string, json: unknown): Promise<Answer<T>>;
  del<T = Loose>(path: string, json?: unknown): Promise<Answer<T>>;
}

const REGISTER_AT_ONCE = 16;

export const PASSWORD = 'correct horse 1';

/** A small HTTP client for tests; paths are without the base `/api/v1` unless they say so themselves. */
export class TestClient {
  constructor(readonly url: string) {}

  async call<T = Loose>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const body = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token == null ? {} : { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    };
    const init = { method, headers, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const response = await fetch(this.address(path), init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) as T };
  }

  as(user: Pick<TestUser, 'token'> | null): Caller {
    const token = user?.token ?? null;
    return {
      get: (path) => this.call('GET', path, { token }),
      post: (path, json) => this.call('POST', path, { token, json }),
      put: (path, json) => this.call('PUT', path, { token, json }),
      patch: (path, json) => this.call('PATCH', path, { token, json }),
      del: (path, json) => this.call('DELETE', path, { token, json }),
    };
  }

  /** A new account; its name starts with `name` and is unique. */
  async registerUser(name = 'user'): Promise<TestUser> {
    const username = `${name}_${randomBytes(5).toString('hex')}`;
    const account = { username, email: `${username}@example.org`, password: PASSWORD };
    const answer = await this.call<UserResource & TokenResource>('POST', '/users/register', { json: account });
    if (answer.status !== 201) throw new Error(`registering answered ${answer.status}: ${answer.text}`);
    return { ...account, id: answer.body.id, token: answer.body.access_token };
  }

  /** Not all at once: hashing has a bounded queue and answers 503 beyond it. */
  async registerUsers(count: number, name?: string): Promise<TestUser[]> {
    const users: TestUser[] = [];
    while (users.length < count) {
      const some = Math.min(REGISTER_AT_ONCE, count - users.length);
      users.push(...(await Promise.all(Array.from({ length: some }, () => this.registerUser(name)))));
    }
    return users;
  }

  async createGroup(
    creator: TestUser,
    members: readonly Pick<TestUser, 'id'>[],
    name = 'group',
  ): Promise<ChatResource> {
    const participant_ids = members.map((member) => member.id);
    return this.created(
      await this.as(creator).post<ChatResource>('/chats', { chat_type: 'group', name, participant_ids }),
    );
  }

  async openDirect(user: TestUser, other: Pick<TestUser, 'id'>): Promise<ChatResource> {
    const json = { chat_type: 'direct', participant_ids: [other.id] };
    return this.created(await this.as(user).post<ChatResource>('/chats', json));
  }

  async send(user: TestUser, chat: Pick<ChatResource, 'id'>, content = 'hello'): Promise<MessageResource> {
    return this.created(await this.as(user).post<MessageResource>('/messages', { chat_id: chat.id, content }));
  }

  private created<T>(answer: Answer<T>): T {
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  private address(path: string): string {
    const isWhole = path === '/' || path.startsWith('/?') || path.startsWith('/api/') || path.startsWith('/health');
    return `${this.url}${isWhole ? path : `/api/v1${path}`}`;
  }
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
