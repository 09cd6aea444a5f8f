import { expect } from 'chai';
import { freshStorage, settingsOf, startTestApp, type FreshStorage, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';
import { isSplit, report, rounds } from '../figures.js';
import { assertHistory } from '../history/checker.js';
import { takeDump } from '../history/dump.js';
import { History, type Outcome } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { SocketClient } from '../history/socket-client.js';
import { done } from './scene.js';

const TIMES = 100;
const OTHERS = 10;

/** On split storage two nodes over the same databases; embedded storage belongs to one process. */
describe('one client_message_id many times at once', function () {
  this.timeout(60_000);
  let storage: FreshStorage;
  let nodes: readonly TestApp[];

  before(async () => {
    storage = await freshStorage();
    nodes = [await startTestApp({ storage })];
    if (isSplit()) nodes = [...nodes, await startTestApp({ storage })];
  });
  after(async () => {
    for (const node of nodes) await node.stop();
    await storage.remove();
  });

  /** A user's ways in: over REST and over a socket, on every node. */
  async function waysOf(history: History, user: TestUser, chat: number): Promise<Ways> {
    const rest = nodes.map(({ url }, at) => {
      const client = new TestClient(url);
      return new RestClient(history, user, () => client, `rest-${user.id}-${at}`);
    });
    const sockets = nodes.map(({ url }) => new SocketClient(history, user, { url: url.replace('http', 'ws'), chat }));
    await Promise.all(sockets.map((socket) => socket.live()));
    return { rest, sockets };
  }

  /** All but the content that came first are refused, and for that reason. */
  function expectReused(answers: readonly Outcome<'send'>[], count: number): void {
    const codes = answers.flatMap((answer) => (answer.phase === 'ok' ? [] : [answer.code]));
    expect(codes).to.deep.equal(Array.from({ length: count }, () => 'client_message_id_reused'));
  }

  it('is one message with equal answers, on all nodes and both transports', async () => {
    const history = new History();
    const server = new TestClient(nodes[0]?.url ?? '');
    const first = { same: 0, other: 0 };
    for (let round = 0; round < rounds(4, 30); round += 1) {
      const [ada, bob] = (await server.registerUsers(2)) as [TestUser, TestUser];
      const { chat } = done(await new RestClient(history, ada, () => server).create(`chat ${round}`, [bob.id]));
      const { rest, sockets } = await waysOf(history, ada, chat);
      const send = (turn: number, content: string): Promise<Outcome<'send'>> => {
        const way = [...rest, ...sockets][turn % (rest.length + sockets.length)];
        if (way === undefined) throw new Error('no way in');
        return way instanceof RestClient ? way.send(chat, content, 'key') : way.send(content, 'key');
      };
      const askSame = () => Array.from({ length: TIMES }, (_, index) => send(index, 'same content'));
      const askOther = () => Array.from({ length: OTHERS }, (_, index) => send(index, `other content ${index}`));
      // By turns, so that either kind of content comes first in some rounds.
      const early = round % 2 === 0 ? null : askOther();
      const asked = askSame();
      const others = early ?? askOther();
      const bobs = new RestClient(history, bob, () => server).send(chat, 'of another user', 'key');
      const answers = await Promise.all(asked);
      const otherAnswers = await Promise.all(others);

      // Which content came first is open; all the others are refused.
      const confirmed = answers.filter(({ phase }) => phase === 'ok').map(done);
      if (confirmed.length > 0) {
        first.same += 1;
        expect(confirmed).to.have.length(TIMES);
        expect(new Set(confirmed.map(({ message, seq }) => `${message}@${seq}`)).size).to.equal(1);
        expect(confirmed.filter(({ duplicate }) => !duplicate)).to.have.length(1);
        expectReused(otherAnswers, OTHERS);
      } else {
        first.other += 1;
        expectReused(answers, TIMES);
        const winners = otherAnswers.filter(({ phase }) => phase === 'ok').map(done);
        expect(winners.map(({ duplicate }) => duplicate)).to.deep.equal([false]);
        expectReused(otherAnswers, OTHERS - 1);
      }
      done(await bobs);
      await Promise.all(sockets.map((socket) => socket.close()));
      const view = await new RestClient(history, bob, () => server).view(chat);
      expect(view.filter(({ sender }) => sender === ada.id)).to.have.length(1);
      expect(view.filter(({ sender }) => sender === bob.id)).to.have.length(1);
    }
    const { storage: options } = settingsOf({ SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA', ...storage.env });
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    assertHistory(history.entries, await takeDump({ stores: node.stores, storage: options }));
    const sends = (TIMES + OTHERS) * (first.same + first.other);
    report('one key at once', {
      nodes: nodes.length,
      sends,
      'first the same': first.same,
      'first another': first.other,
    });
  });
});

interface Ways {
  readonly rest: readonly RestClient[];
  readonly sockets: readonly SocketClient[];
}
