import { expect } from 'chai';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { TestClient, type Caller, type TestUser } from '../helpers/client.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../helpers/ws-client.js';
import type { MessageResource } from '../../src/protocol/resources.js';

interface Held {
  readonly rev: number;
  readonly seq: number;
  /** null: deleted. */
  readonly content: string | null;
}

/** A client that keeps one chat as docs/PROTOCOL.md, "Order and completeness", tells it to. */
class Keeper {
  rev = 0;
  epoch = '';
  readonly ends: unknown[] = [];
  private readonly held = new Map<number, Held>();

  constructor(
    private readonly as: Caller,
    private readonly chatId: number,
    private readonly open: (query: string) => Promise<SocketClient>,
  ) {}

  /** What it holds from before its first connection. */
  async begin(): Promise<void> {
    const { body } = await this.as.get<{ rev: number; epoch: string }>(`/chats/${this.chatId}`);
    [this.rev, this.epoch] = [body.rev, body.epoch];
  }

  /** Steps 1 to 4; `meanwhile` happens between the connection and its end of the reading. Answers the socket. */
  async catchUp(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<SocketClient> {
    const socket = await this.open(`&since_rev=${this.rev}&epoch=${this.epoch}`);
    await meanwhile();
    await socket.next(({ type }) => type === 'ready' || type === 'resync_required');
    await socket.sync();
    socket.frames.forEach((frame) => this.apply(frame));
    return socket;
  }

  contents(): readonly string[] {
    const kept = [...this.held.values()].sort((a, b) => a.seq - b.seq);
    // A seq is never missing.
    kept.forEach(({ seq }, index) => expect(seq).to.equal((kept[0]?.seq ?? 1) + index));
    return kept.flatMap(({ content }) => content ?? []);
  }

  apply(frame: Frame): void {
    const { type, rev, seq } = frame;
    if (type === 'ready' || type === 'resync_required') this.ends.push(type);
    if (typeof rev !== 'number' || type === 'pong' || type === 'ack') return;
    if (type === 'message_deleted') this.take(Number(frame['message_id']), { rev, seq: Number(seq), content: null });
    if ('message' in frame) {
      const { id, seq, content } = frame['message'] as MessageResource;
      this.take(id, { rev, seq, content });
    }
    if (this.ends.length > 0) this.rev = Math.max(this.rev, rev);
  }

  private take(id: number, held: Held): void {
    if (held.rev > (this.held.get(id)?.rev ?? 0)) this.held.set(id, held);
  }
}

describe('docs/PROTOCOL.md: reading on', () => {
  let app: TestApp;
  let client: TestClient;
  before(async () => {
    app = await startTestApp();
    client = new TestClient(app.url);
  });
  after(() => app.stop());
  afterEach(dropSockets);

  async function scene(): Promise<{ ben: TestUser; chatId: number; keeper: Keeper }> {
    const [ann, ben] = [await client.registerUser('ann'), await client.registerUser('ben')];
    const { id: chatId } = await client.createGroup(ann, [ben]);
    const open = (query: string): Promise<SocketClient> => connect(`${app.wsUrl}/${chatId}?token=${ann.token}${query}`);
    const keeper = new Keeper(client.as(ann), chatId, open);
    await keeper.begin();
    return { ben, chatId, keeper };
  }

  it('makes a client complete that missed messages, edits and deletions, also while others go on', async () => {
    const { ben, chatId, keeper } = await scene();
    const say = (content: string): Promise<MessageResource> => client.send(ben, { id: chatId }, content);
    const [first, second, third] = [await say('one'), await say('two'), await say('three')];
    await (await keeper.catchUp()).close();
    expect(keeper.contents()).to.deep.equal(['one', 'two', 'three']);

    await client.as(ben).put(`/messages/${first.id}`, { content: 'ONE' });
    await client.as(ben).del(`/messages/${second.id}`);
    for (const content of ['four', 'five', 'six']) await say(content);
    await keeper.catchUp(async () => {
      await client.as(ben).put(`/messages/${third.id}`, { content: 'THREE' });
      const late = await say('seven');
      await say('eight');
      await client.as(ben).del(`/messages/${late.id}`);
    });
    expect(keeper.contents()).to.deep.equal(['ONE', 'THREE', 'four', 'five', 'six', 'eight']);
    expect(keeper.ends).to.deep.equal(['ready', 'ready']);
  });

  it('tells a client that missed nothing, twice', async () => {
    const { ben, chatId, keeper } = await scene();
    const socket = await keeper.catchUp();
    await client.send(ben, { id: chatId }, 'one');
    keeper.apply(await socket.nextOf('new_message'));
    await socket.close();
    for (const held of [keeper.rev, keeper.rev]) {
      const again = await keeper.catchUp();
      expect(again.frames.map(({ type, rev }) => [type, rev])).to.deep.include(['ready', held]);
      expect(again.frames.filter(({ type }) => type === 'new_message')).to.deep.equal([]);
      await again.close();
    }
    expect(keeper.contents()).to.deep.equal(['one']);
  });
});
