import { expect } from 'chai';
import { FAILPOINTS, type Failpoint } from '../../../src/ports/failpoints.js';
import type { ChatResource } from '../../../src/protocol/resources.js';
import type { Answer, TestUser } from '../../helpers/client.js';
import { report, rounds } from '../figures.js';
import { expectSound } from './audit.js';
import { CHAT_ACTIONS, seenBy, setChatScene } from './chat-actions.js';
import { FaultServer } from './fault-server.js';
import { FAULT_ACTIONS } from './orders.js';
import { strike, strikeCall, type Outcome } from './strike.js';

const PLACES: readonly Failpoint[] = FAILPOINTS.filter((name) => name.startsWith('chat.'));
/** The transaction itself; creating a chat has nobody to publish to. */
const COMMITS: readonly Failpoint[] = ['chat.before_commit', 'chat.after_commit'];

interface ChatPage {
  readonly items: readonly { readonly id: number; readonly name: string | null; readonly participant_count: number }[];
}

/** Whoever changes a chat changes all of it or nothing, and a pair of users has one direct chat. */
describe('a fault at every place of a change of a chat', function () {
  this.timeout(120_000);
  const server = new FaultServer();
  const counted = { changes: 0, done: 0, unknown: 0, refused: 0 };
  before(() => server.start());
  after(() => server.dispose());

  function count(outcome: Outcome): void {
    counted.changes += 1;
    counted[outcome] += 1;
  }

  const openDirect = (user: TestUser, other: TestUser): Promise<Answer<ChatResource>> =>
    server.client.as(user).post<ChatResource>('/chats', { chat_type: 'direct', participant_ids: [other.id] });

  for (const [index, { name: what, call, again }] of CHAT_ACTIONS.entries()) {
    /** All changes share these places, and a kill costs a start: in the short form each is killed at one of them. */
    const killed = rounds(1, PLACES.length) === 1 ? [PLACES[index % PLACES.length]] : PLACES;

    it(`${what}`, async () => {
      const model = await setChatScene(server.client);
      expect((await call(server.client, model)).status).to.equal(200);
      const wanted = await seenBy(server.client, model);
      for (const name of PLACES) {
        for (const action of FAULT_ACTIONS) {
          if (action === 'kill' && !killed.includes(name)) continue;
          const scene = await setChatScene(server.client);
          const before = await seenBy(server.client, scene);
          const { outcome } = await strikeCall(server, [name, action], () => call(server.client, scene));
          count(outcome);
          const found = await seenBy(server.client, scene);
          const where = `${action} at ${name}: ${outcome}`;
          const isDone = JSON.stringify(found) === JSON.stringify(wanted);
          expect(found, where).to.deep.equal(isDone ? wanted : before);
          if (outcome !== 'unknown') expect(isDone, where).to.equal(outcome === 'done');
          const retry = await call(server.client, scene);
          expect(retry.status, where).to.equal(isDone ? again : 200);
          expect(await seenBy(server.client, scene), where).to.deep.equal(wanted);
        }
      }
    });
  }

  for (const name of COMMITS) {
    for (const action of FAULT_ACTIONS) {
      it(`${action} at ${name} of a new group`, async () => {
        const [ann, ben, eve] = await server.client.registerUsers(3);
        if (ann === undefined || ben === undefined || eve === undefined) throw new Error('no users');
        const json = { chat_type: 'group', name: 'New', participant_ids: [ben.id, eve.id] };
        const { outcome } = await strikeCall(server, [name, action], () => server.client.as(ann).post('/chats', json));
        count(outcome);
        const lists = [];
        for (const user of [ann, ben, eve])
          lists.push((await server.client.as(user).get<ChatPage>('/chats')).body.items);
        const [chats = [], ...others] = lists.map((list) => list.map((chat) => [chat.id, chat.participant_count]));
        for (const other of others) expect(other).to.deep.equal(chats);
        expect(chats.map(([, people]) => people)).to.deep.equal(chats.length === 0 ? [] : [3]);
        if (outcome !== 'unknown') expect(chats.length).to.equal(outcome === 'done' ? 1 : 0);
      });

      it(`${action} at ${name} of a direct chat that both open at once`, async () => {
        const [ann, ben] = await server.client.registerUsers(2);
        if (ann === undefined || ben === undefined) throw new Error('no users');
        const both = (): Promise<(Answer<ChatResource> | null)[]> =>
          Promise.all([openDirect(ann, ben), openDirect(ben, ann)].map((answer) => answer.catch(() => null)));
        const answers = await strike(server, [name, action], both);
        const ids = answers.flatMap((answer) => (answer !== null && answer.status < 300 ? [answer.body.id] : []));
        const again = await both();
        const statuses = again.map((answer) => answer?.status).sort();
        expect(statuses).to.deep.equal([200, ids.length === 0 ? statuses[1] : 200]);
        expect(new Set([...ids, ...again.map((answer) => answer?.body.id)]).size).to.equal(1);
      });
    }
  }

  it('many pairs open their direct chat from both sides at once', async () => {
    for (let round = 0; round < rounds(10, 100); round += 1) {
      const [ann, ben] = await server.client.registerUsers(2);
      if (ann === undefined || ben === undefined) throw new Error('no users');
      const answers = await Promise.all([0, 1, 2].flatMap(() => [openDirect(ann, ben), openDirect(ben, ann)]));
      const statuses = answers.map((answer) => answer.status).sort();
      expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map((answer) => answer.body.id)).size).to.equal(1);
    }
  });

  it('a group keeps an admin when its admins leave at once, and ends when all do', async () => {
    for (let round = 0; round < rounds(5, 50); round += 1) {
      const scene = await setChatScene(server.client);
      const { chat, ada, bob, eve } = scene;
      const promoted = await server.client.as(ada).put(`/chats/${chat.id}/participants/${bob.id}`, { is_admin: true });
      expect(promoted.status, promoted.text).to.equal(200);
      const leave = (user: TestUser): Promise<Answer<Record<string, unknown>>> =>
        server.client.as(user).del(`/chats/${chat.id}`);
      const answers = await Promise.all([leave(ada), leave(bob)]);
      expect(answers.map((answer) => answer.status)).to.deep.equal([200, 200]);
      expect(await seenBy(server.client, scene)).to.deep.include({ people: [[2, true]] });
      if (round % 2 === 0) expect((await leave(eve)).status).to.equal(200);
    }
  });

  it('left no chat half made', async () => {
    await server.end('SIGTERM');
    await expectSound(server.storage);
    const hits = new Set(server.hits());
    expect(PLACES.filter((name) => !hits.has(name))).to.deep.equal([]);
    report('chats', { ...counted, halfMade: 0, deserted: 0, doubledDirect: 0 });
  });
});
