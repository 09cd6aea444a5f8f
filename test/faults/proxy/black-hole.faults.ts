import { expect } from 'chai';
import { TestClient } from '../../helpers/client.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { dropSockets } from '../../helpers/ws-client.js';
import { report } from '../figures.js';
import { SocketClient } from '../history/socket-client.js';
import { startBehindProxy, type AppBehindProxy } from './behind-proxy.js';
import { done, judge, setFaultScene, socketOf } from './scene.js';

const IDLE_SECONDS = 8;
const PRESENCE_MS = 30_000;
const CLOSE_MS = (IDLE_SECONDS + 4) * 1_000;

describe('a client that falls into a black hole', function () {
  this.timeout(120_000);
  let server: AppBehindProxy;

  before(async () => {
    server = await startBehindProxy({ SOCKET_IDLE_SECONDS: String(IDLE_SECONDS) });
  });
  after(async () => {
    dropSockets();
    await server.through.stop();
  });

  it('is closed and leaves; back again it is told exactly what it missed', async () => {
    const { app, edge, through } = server;
    const scene = await setFaultScene(through);
    const { history, ada, bob, chat } = scene;
    const direct = new TestClient(app.url).as(bob.user);
    const connections = async () =>
      (await direct.get<{ total_connections: number }>('/ws/stats')).body.total_connections;
    const before = await connections();
    const { rev, epoch } = (await direct.get<{ rev: number; epoch: string }>(`/chats/${chat}`)).body;
    const watcher = new SocketClient(history, bob.user, { url: app.url.replace('http', 'ws'), chat });
    await watcher.live();
    const lost = socketOf(through, scene, ada, { since: rev, epoch });
    await lost.live();
    await watcher.until(() => watcher.frames.some((frame) => frame['type'] === 'user_joined'));
    const began = performance.now();
    edge.hold();
    const meanwhile = [
      done(await watcher.send('into the hole', 'hole-1')),
      done(await watcher.send('and more', 'hole-2')),
    ];
    const isGone = (): boolean =>
      watcher.frames.some((frame) => frame['type'] === 'user_left' && frame['user_id'] === ada.user.id);
    await watcher.until(isGone, PRESENCE_MS);
    const left = performance.now() - began;
    meanwhile.push(done(await watcher.send('behind its back', 'hole-3')));
    expect(await connections(), 'the lost one is not counted any more').to.equal(before + 1);
    // What was on the way into the hole never arrives.
    edge.cut();
    edge.pass();
    await lost.closed;
    expect(left).to.be.below(CLOSE_MS);
    expect({ rev: lost.rev, epoch: lost.epoch }, 'what it knew before').to.deep.equal({ rev, epoch });
    const back = socketOf(through, scene, ada, { since: rev, epoch });
    const revs = meanwhile.map((send) => send.rev);
    await back.until(() => back.frames.some((frame) => frame['type'] === 'ready'));
    const told = back.frames.slice(0, back.frames.findIndex((frame) => frame['type'] === 'ready') + 1);
    const last = told.pop();
    expect(last).to.include({ rev: revs.at(-1), epoch });
    const missed = told.filter((frame) => frame['type'] === 'new_message');
    expect(missed.map((frame) => frame['rev'])).to.deep.equal(revs);
    expect(revs).to.deep.equal([rev + 1, rev + 2, rev + 3]);
    done(await back.send('back again', 'back'));
    await Promise.all([watcher.close(), back.close()]);
    await waitUntil(async () => void expect(await connections()).to.equal(before), {
      what: 'no socket is left over',
      deadlineMs: 10_000,
    });
    await judge(through, scene);
    report('black hole', { 'left after ms': Math.round(left), missed: missed.length });
  });
});
