import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { assertHistory, check } from './checker.js';
import { takeDump } from './dump.js';
import { History, readHistory, type Outcome } from './recorder.js';
import { RestClient } from './rest-client.js';
import { SocketClient } from './socket-client.js';

function done(outcome: Outcome<'send'>): number {
  if (outcome.phase !== 'ok') throw new Error(`not sent: ${outcome.code}`);
  return outcome.message;
}

describe('the recording of a history', () => {
  let app: TestApp;
  let folder: string;
  before(async () => {
    app = await startTestApp();
    folder = await mkdtemp(join(tmpdir(), 'parley-history-'));
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('of a server that works breaks no invariant, from memory and from disk', async () => {
    const file = join(folder, 'clients.jsonl');
    const history = new History(file);
    const server = new TestClient(app.url);
    const [a, b, c] = await server.registerUsers(3);
    if (a === undefined || b === undefined || c === undefined) throw new Error('no users');
    const [ada, bob, eve] = [a, b, c].map((user) => new RestClient(history, user, () => server)) as [
      RestClient,
      RestClient,
      RestClient,
    ];
    const created = await ada.create(`chat of ${a.id}`, [b.id]);
    if (created.phase !== 'ok') throw new Error('no chat');
    const { chat } = created;
    const socket = new SocketClient(history, b, { url: app.url.replace('http', 'ws'), chat });
    await socket.live();

    const pipelined = await Promise.all([1, 2, 3].map((n) => socket.send(`pipelined ${n}`, `p${n}`)));
    const first = done(await ada.send(chat, 'over REST', 'r1'));
    expect(await ada.send(chat, 'over REST', 'r1')).to.deep.include({ phase: 'ok', message: first, duplicate: true });
    expect((await ada.edit(first, 'edited')).phase).to.equal('ok');
    expect((await bob.delete(done(pipelined[1] as Outcome<'send'>))).phase).to.equal('ok');
    expect((await ada.rename(chat, 'renamed')).phase).to.equal('ok');
    expect((await ada.add(chat, [c.id])).phase).to.equal('ok');
    expect((await eve.list(chat)).phase).to.equal('ok');
    expect((await ada.remove(chat, c.id)).phase).to.equal('ok');
    expect(await eve.list(chat)).to.deep.equal({ phase: 'fail', code: 'chat_not_found' });
    const { rev } = (await server.as(a).get<{ rev: number }>(`/chats/${chat}`)).body;
    await socket.until(() => socket.rev === rev);
    history.quiet();
    await socket.close();

    const views = [];
    for (const member of [ada, bob]) views.push({ user: member.user.id, chat, items: await member.view(chat) });
    const dump = await takeDump({ stores: app.stores, storage: app.settings.storage, views });
    assertHistory(history.entries, dump, { logs: app.logs, secrets: [a.token, a.password, 'over REST', 'pipelined'] });
    expect(readHistory(file)).to.deep.equal(JSON.parse(JSON.stringify(history.entries)));

    // What was really there is missed when it is not: the recording holds enough to tell.
    const without = { ...dump, messages: dump.messages.filter((row) => row.id !== first) };
    expect(check(history.entries, without).map(({ invariant }) => invariant)).to.include.members(['I1', 'I4', 'I6']);
    const [view, ...others] = dump.views;
    const shorter = { ...dump, views: [{ ...view!, items: view!.items.slice(1) }, ...others] };
    expect(check(history.entries, shorter).map(({ invariant }) => invariant)).to.include.members(['I1', 'I6']);
  });
});
