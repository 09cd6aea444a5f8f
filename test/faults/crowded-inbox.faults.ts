import { expect } from 'chai';
import { LIMITS } from '../../src/protocol/limits.js';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../helpers/ws-client.js';
import { groupOf, people, type Person } from '../integration/ws/fixtures.js';
import { report } from './figures.js';

const GROUPS = LIMITS.inboxChats + 1;
const AT_ONCE = 20;
const PATIENCE_MS = 120_000;

for (const listener of ['uws', 'node'] as const) {
  describe(`an inbox that a stranger has filled (${listener})`, function () {
    this.timeout(10 * 60_000);
    let app: TestApp;
    let victim: Person;
    let friend: Person;
    let stranger: Person;

    before(async () => {
      app = await startTestApp({ env: { LISTENER: listener } });
      [victim, friend, stranger] = (await people(app, 3)) as [Person, Person, Person];
    });
    after(async () => {
      dropSockets();
      await app.stop();
    });

    const say = (chatId: number, content: string) =>
      app.services.messages.send(friend, { chatId, content, messageType: 'text', clientMessageId: null });
    const inbox = (): Promise<SocketClient> =>
      connect(app.wsUrl, { headers: { authorization: `Bearer ${victim.token}` } });
    const of = (type: string, chatId: number) => (frame: Frame) =>
      frame['type'] === type && frame['chat_id'] === chatId;

    it('is told of an old friend’s chat, and a new one of theirs is live at once', async () => {
      const old = await groupOf(app, [friend, victim]);
      const socket = await inbox();
      await socket.nextOf('inbox_ready');
      const began = performance.now();
      for (let made = 0; made < GROUPS; made += AT_ONCE) {
        const some = Math.min(AT_ONCE, GROUPS - made);
        await Promise.all(Array.from({ length: some }, () => groupOf(app, [stranger, victim])));
      }
      const filled = performance.now() - began;

      // It had to make room, and nothing of it was kept back.
      expect(await socket.next(of('chat_changed', old), PATIENCE_MS)).to.include({ rev: 1 });
      await say(old, 'are you there?');
      expect(await socket.next(of('chat_changed', old), PATIENCE_MS)).to.include({ rev: 2 });
      socket.send({ type: 'resume', id: 'old', chat_id: old, since_rev: 1 });
      const missed = await socket.next(of('new_message', old), PATIENCE_MS);
      expect(missed['message']).to.include({ content: 'are you there?' });
      await say(old, 'live again');
      expect((await socket.next(of('new_message', old), PATIENCE_MS))['rev']).to.equal(3);

      const fresh = await groupOf(app, [friend, victim]);
      await socket.next(of('chat_added', fresh), PATIENCE_MS);
      await say(fresh, 'hello');
      expect((await socket.next(of('new_message', fresh), PATIENCE_MS))['rev']).to.equal(2);
      expect(socket.frames.filter(({ type }) => type === 'error')).to.deep.equal([]);
      expect(new Set(socket.frames.map((frame) => frame['chat_id'])).size).to.be.at.least(GROUPS + 2);

      const opened = performance.now();
      const again = await inbox();
      const ready = await again.nextOf('inbox_ready', PATIENCE_MS);
      const took = performance.now() - opened;
      expect(Object.keys(ready['revs'] as object)).to.have.length(LIMITS.inboxChats);
      expect(ready['revs']).to.include({ [old]: 3, [fresh]: 2 });
      expect(ready['has_more_chats']).to.equal(true);
      report(`filled inbox (${listener})`, {
        groups: GROUPS,
        'filled ms': Math.round(filled),
        'inbox_ready ms': Math.round(took),
      });
    });
  });
}
