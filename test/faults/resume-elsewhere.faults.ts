import { expect } from 'chai';
import { freshStorage, startTestApp, type FreshStorage, type TestApp } from '../helpers/app.js';
import { TestClient, type TestUser } from '../helpers/client.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../helpers/ws-client.js';
import { until } from '../integration/ws/fixtures.js';
import { isSplit, report, rounds } from './figures.js';

/** Revs that the other node's writes end at; the group takes 1. */
const LAST_REV = 15;
const TELLING = new Set<unknown>(['ready', 'heartbeat', 'pong']);

/** What is left of one object after all writes: created at one rev, changed last at another. */
interface Item {
  readonly object: string;
  readonly made: number;
  readonly rev: number;
  readonly content?: string;
}

/** Two nodes over the same databases; nothing but these tells one of them what the other one does. */
function elsewhereSuite(): void {
  describe('reading on at another node', function () {
    this.timeout(60_000);
    let storage: FreshStorage;
    let a: TestApp;
    let b: TestApp;
    let ada: TestUser;
    let bob: TestUser;
    let chat: number;
    let items: readonly Item[];

    before(async () => {
      storage = await freshStorage();
      const env = { HEARTBEAT_SECONDS: '1' };
      a = await startTestApp({ storage, env });
      b = await startTestApp({ storage, env });
    });
    after(async () => {
      for (const node of [a, b]) await node.stop();
      await storage.remove();
    });
    afterEach(dropSockets);

    beforeEach(async () => {
      const server = new TestClient(a.url);
      const [first, second, cyd, dan, eve] = await server.registerUsers(5);
      if (!first || !second || !cyd || !dan || !eve) throw new Error('no users');
      [ada, bob] = [first, second];
      chat = (await server.createGroup(ada, [bob, cyd])).id;
      const as = server.as(ada);
      const messages: number[] = [];
      const say = async (content: string): Promise<void> => {
        messages.push((await server.send(ada, { id: chat }, content)).id);
      };
      const ok = async (answer: Promise<{ readonly status: number; readonly text: string }>): Promise<void> => {
        const { status, text } = await answer;
        expect(status, text).to.be.within(200, 204);
      };
      const edit = (seq: number, content: string): Promise<void> =>
        ok(as.put(`/messages/${messages[seq - 1]}`, { content }));
      const erase = (seq: number): Promise<void> => ok(as.del(`/messages/${messages[seq - 1]}`));
      const add = ({ id }: TestUser): Promise<void> => ok(as.post(`/chats/${chat}/participants`, { user_ids: [id] }));
      const remove = ({ id }: TestUser): Promise<void> => ok(as.del(`/chats/${chat}/participants/${id}`));
      await say('one');
      await say('two');
      await say('three');
      await say('four');
      await edit(1, 'ONE');
      await erase(2);
      await edit(3, 'THREE');
      await add(dan);
      await remove(cyd);
      await add(eve);
      await remove(eve);
      await ok(as.put(`/chats/${chat}`, { name: 'renamed' }));
      await erase(4);
      await say('five');
      items = [
        { object: `left ${cyd.id}`, made: 1, rev: 10 },
        { object: `left ${eve.id}`, made: 11, rev: 12 },
        { object: 'message 1', made: 2, rev: 6, content: 'ONE' },
        { object: 'deleted 2', made: 3, rev: 7 },
        { object: 'message 3', made: 4, rev: 8, content: 'THREE' },
        { object: 'deleted 4', made: 5, rev: 14 },
        { object: 'message 5', made: 15, rev: 15, content: 'five' },
        { object: `joined ${dan.id}`, made: 9, rev: 9 },
        { object: 'chat renamed', made: 1, rev: 13 },
      ];
    });

    const open = (node: TestApp, query = ''): Promise<SocketClient> =>
      connect(`${node.wsUrl}/${chat}?token=${bob.token}${query}`);

    const replayed = (client: SocketClient): readonly Frame[] =>
      client.frames.filter((frame) => 'rev' in frame && !TELLING.has(frame['type']));

    it('is exactly what changed since, by the address, by command and over REST, from every rev', async () => {
      let compared = 0;
      const { epoch } = b.services.realtime;
      for (let since = 1; since <= LAST_REV; since += 1) {
        const expected = byKind(items, since);
        const byUrl = await open(b, `&since_rev=${since}&epoch=${epoch}`);
        expect(await byUrl.nextOf('ready')).to.include({ rev: LAST_REV, epoch, last_seq: 5, unread_count: 3 });
        const byCommand = await open(b);
        await byCommand.sync();
        byCommand.send({ type: 'resume', since_rev: since, epoch, id: 'r' });
        expect(await byCommand.nextOf('ready')).to.include({ rev: LAST_REV, epoch, id: 'r' });
        for (const client of [byUrl, byCommand]) {
          expect(replayed(client).map(told), `since ${since}`).to.deep.equal(expected);
          await client.close();
        }
        const path = `/chats/${chat}/changes?since_rev=${since}&epoch=${epoch}`;
        const [here, there] = await Promise.all(
          [a, b].map(({ url }) => new TestClient(url).as(bob).get<{ changes: Frame[] }>(path)),
        );
        expect(there?.body).to.deep.equal(here?.body);
        expect(there?.body.changes.map(told), `since ${since}, REST`).to.deep.equal(
          [...expected].sort((x, y) => x.rev - y.rev),
        );
        compared += 3;
      }
      const future = await open(b, `&since_rev=${LAST_REV + 1}&epoch=${epoch}`);
      expect(await future.nextOf('resync_required')).to.include({ reason: 'future_rev', rev: LAST_REV });
      const other = await open(b, `&since_rev=${LAST_REV}&epoch=of-a-backup`);
      expect(await other.nextOf('resync_required')).to.include({ reason: 'other_epoch', rev: LAST_REV });
      report('another node', { replays: compared, differences: 0 });
    });

    it('tells a live socket of the other node’s last event within two comparisons', async () => {
      const sockets: SocketClient[] = [];
      // Each comparison is told to every fifth socket: of five that were opened one after the other, to one.
      for (let index = 0; index < 5; index += 1) sockets.push(await open(b, `&since_rev=${LAST_REV}`));
      for (const socket of sockets) await socket.nextOf('ready');
      const [client] = sockets as [SocketClient];
      const comparisons = (): number =>
        sockets.flatMap(({ frames }) => frames.filter(({ type }) => type === 'heartbeat')).length;
      await until(() => comparisons() > 0, 'a comparison', 10_000);
      let worst = 0;
      for (let round = 1; round <= rounds(3, 30); round += 1) {
        const content = `last of round ${round}`;
        await new TestClient(a.url).send(ada, { id: chat }, content);
        const before = comparisons();
        const began = performance.now();
        await client.next((frame) => (frame['message'] as Frame | undefined)?.['content'] === content);
        worst = Math.max(worst, performance.now() - began);
        expect(comparisons() - before).to.be.at.most(2);
      }
      const revs = replayed(client).filter(({ type }) => type === 'new_message');
      expect(revs.map(({ rev }) => rev)).to.deep.equal(revs.map((_, index) => LAST_REV + 1 + index));
      report('silence at another node', { rounds: rounds(3, 30), 'worst ms': Math.round(worst) });
    });
  });
}

interface Told {
  readonly what: string;
  readonly rev: number;
  readonly content?: unknown;
}

/** Removals, then messages made since that are still there by seq, then the rest by rev. */
function byKind(items: readonly Item[], since: number): readonly Told[] {
  const rank = (item: Item): number => {
    if (item.object.startsWith('left')) return 0;
    return item.object.startsWith('message') && item.made > since ? 1 : 2;
  };
  const order = (x: Item, y: Item): number => rank(x) - rank(y) || (rank(x) === 1 ? x.made - y.made : x.rev - y.rev);
  return items
    .filter(({ rev }) => rev > since)
    .sort(order)
    .map(({ object, made, rev, content }) => {
      if (content === undefined) return { what: object, rev };
      return { what: `${made > since ? 'new' : 'updated'} ${object}`, rev, content };
    });
}

function told(frame: Frame): Told {
  const rev = Number(frame['rev']);
  const message = frame['message'] as Frame | undefined;
  const participant = frame['participant'] as Frame | undefined;
  switch (frame['type']) {
    case 'new_message':
      return { what: `new message ${String(message?.['seq'])}`, rev, content: message?.['content'] };
    case 'message_updated':
      return { what: `updated message ${String(message?.['seq'])}`, rev, content: message?.['content'] };
    case 'message_deleted':
      return { what: `deleted ${String(frame['seq'])}`, rev };
    case 'participant_removed':
      return { what: `left ${String(frame['user_id'])}`, rev };
    case 'participant_added':
      return { what: `joined ${String(participant?.['user_id'])}`, rev };
    case 'chat_updated':
      return { what: `chat ${String((frame['chat'] as Frame | undefined)?.['name'])}`, rev };
    default:
      return { what: JSON.stringify(frame), rev };
  }
}

if (isSplit()) elsewhereSuite();
