import { expect } from 'chai';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { TestClient, type Caller, type TestUser } from '../helpers/client.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../helpers/ws-client.js';
import type { MessageResource, WindowResource } from '../../src/protocol/resources.js';

/** A client that keeps one chat as docs/PROTOCOL.md, "Order and completeness", tells it to. */
class Keeper {
  rev = 0;
  private readonly held = new Map<
    number,
    { readonly rev: number; readonly content: string | null; readonly seq: number }
  >();

  constructor(
    private readonly as: Caller,
    private readonly chatId: number,
    private readonly open: () => Promise<SocketClient>,
  ) {}

  /** Steps 1 to 4; `meanwhile` happens between the pong and the reads. Answers the socket. */
  async catchUp(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<SocketClient> {
    const socket = await this.open();
    const pong = await socket.sync();
    await meanwhile();
    if (pong['rev'] !== this.rev) {
      const highest = Math.max(0, ...Array.from(this.held.values(), ({ seq }) => seq));
      const known = highest === 0 ? [] : await this.read(`before_seq=${highest + 1}`);
      for (const id of this.held.keys()) if (!known.some((message) => message.id === id)) this.held.delete(id);
      known.forEach((message) => this.take(message));
      await this.readOn(highest);
      this.rev = Number(pong['rev']);
    }
    await socket.sync();
    socket.frames.forEach((frame) => this.apply(frame));
    return socket;
  }

  contents(): readonly (string | null)[] {
    return [...this.held.values()].sort((a, b) => a.seq - b.seq).map(({ content }) => content);
  }

  apply(frame: Frame): void {
    if (typeof frame['rev'] !== 'number' || frame['type'] === 'pong' || frame['type'] === 'ack') return;
    this.rev = Math.max(this.rev, frame['rev']);
    if (frame['type'] === 'message_deleted') this.held.delete(Number(frame['message_id']));
    if ('message' in frame) this.take(frame['message'] as MessageResource);
  }

  private async readOn(after: number): Promise<void> {
    const { body } = await this.window(`after_seq=${after}&limit=2`);
    body.items.forEach((message) => this.take(message));
    if (body.has_more_after) await this.readOn(body.items[0]?.seq ?? after);
  }

  private async read(cursor: string): Promise<readonly MessageResource[]> {
    return (await this.window(`${cursor}&limit=100`)).body.items;
  }

  private window(query: string): Promise<{ readonly body: WindowResource<MessageResource> }> {
    return this.as.get<WindowResource<MessageResource>>(`/messages/chat/${this.chatId}?${query}`);
  }

  private take({ id, rev, content, seq }: MessageResource): void {
    if (rev > (this.held.get(id)?.rev ?? 0)) this.held.set(id, { rev, content, seq });
  }
}

describe('docs/PROTOCOL.md: catching up', () => {
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
    const open = (): Promise<SocketClient> => connect(`${app.wsUrl}/${chatId}?token=${ann.token}`);
    return { ben, chatId, keeper: new Keeper(client.as(ann), chatId, open) };
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
  });

  it('tells a client that missed nothing', async () => {
    const { ben, chatId, keeper } = await scene();
    const socket = await keeper.catchUp();
    await client.send(ben, { id: chatId }, 'one');
    keeper.apply(await socket.nextOf('new_message'));
    await socket.close();
    const held = keeper.rev;
    const again = await keeper.catchUp();
    expect(again.frames.find(({ type }) => type === 'pong')?.['rev']).to.equal(held);
    expect(keeper.contents()).to.deep.equal(['one']);
  });
});
