import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import type { Answer } from '../../helpers/client.js';
import { connect, dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { ManualTicker } from '../../unit/ws/fakes.js';
import { startWorld, type World } from './world.js';

const TOKEN = 'a-token-for-operators-only';

describe('stats', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ env: { STATS_TOKEN: TOKEN } });
  });
  after(() => world.app.stop());

  const ask = (token: string | null): Promise<Answer<Record<string, unknown>>> =>
    world.client.call('GET', '/api/v1/stats', { token });

  it('tells operators how erasing and sweeping are doing, and nothing about anyone', async () => {
    const { client, alice, group, app } = world;
    const message = await client.send(alice, group, 'short-lived canary');
    await client.as(alice).del(`/messages/${message.id}`);
    await app.eraser.runOnce();
    const { status, body, text } = await ask(TOKEN);
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('version', 'uptime_seconds', 'sockets', 'erase', 'sweep', 'unreadable_bodies');
    expect(body['sockets']).to.include({ online_users: 0, total_connections: 0 });
    expect(body['erase']).to.include({ waiting: 0, oldest_seconds: 0, erased: 1, paused_until: null });
    expect(body['sweep']).to.include({ orphans_removed: 0, leftovers_removed: 0, undecided: 0, malformed: 0 });
    expect(body['unreadable_bodies']).to.deep.equal({ reads: 0, messages: 0 });
    expect(text).not.to.contain('canary').and.not.to.contain(alice.username);
  });

  it('shows a backup that pauses erasing, and what waits meanwhile', async () => {
    const { client, alice, group, app } = world;
    await app.stores.leases.acquire('backup', 'test', 60_000);
    const message = await client.send(alice, group, 'waits');
    await client.as(alice).del(`/messages/${message.id}`);
    expect(await app.eraser.runOnce()).to.equal(0);
    const { body } = await ask(TOKEN);
    await app.stores.leases.release('backup', 'test');
    const erase = body['erase'] as { waiting: number; paused_until: string };
    expect(erase.waiting).to.equal(1);
    expect(Date.parse(erase.paused_until)).to.be.above(Date.now());
    expect(await app.eraser.runOnce()).to.equal(1);
  });

  it('is closed to everyone else, users too', async () => {
    for (const token of [null, 'x', `${TOKEN}x`, TOKEN.slice(0, -1), world.alice.token]) {
      const answer = await ask(token);
      expect(answer.status).to.equal(401);
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
      expect(answer.body).to.include({ code: 'not_authenticated' });
    }
    expect((await world.client.call('POST', '/api/v1/stats', { token: TOKEN })).status).to.equal(405);
  });

  it('never shows the token in the log', () => {
    expect(world.app.logs.filter((line) => line.includes(TOKEN))).to.deep.equal([]);
  });
});

describe('stats of sockets', () => {
  const ticker = new ManualTicker();
  let clockOffset = 0;
  const clock: Clock = { now: () => Date.now() + clockOffset, monotonic: () => performance.now() };
  let world: World;
  before(async () => {
    const env = { STATS_TOKEN: TOKEN, SOCKET_QUEUE_BYTES: '33554432', SLOW_READER_SECONDS: '1' };
    world = await startWorld({ clock, ticker, env });
  });
  after(async () => {
    dropSockets();
    await world.app.stop();
  });

  interface SocketFigures {
    readonly online_users: number;
    readonly total_connections: number;
    readonly queued_bytes: { readonly total: number; readonly max: number };
    readonly closes: Readonly<Record<string, number>>;
  }

  async function figures(): Promise<SocketFigures> {
    const { body } = await world.client.call<{ sockets: SocketFigures }>('GET', '/api/v1/stats', { token: TOKEN });
    return body.sockets;
  }

  it('tell what waits for readers, and why sockets were closed', async function () {
    this.timeout(40_000);
    const { app, client, alice, bob, carol, group } = world;
    const join = async (token: string): Promise<SocketClient> => {
      const socket = await connect(`${app.wsUrl}/${group.id}?token=${token}`);
      await socket.sync();
      return socket;
    };
    const [reader, ...stalled] = [await join(alice.token), await join(bob.token), await join(carol.token)];
    for (const socket of stalled) socket.pause();
    expect(await figures()).to.deep.include({ queued_bytes: { total: 0, max: 0 }, closes: {} });

    // 20 MB: more than the network's own buffers hold. Then something waits for both of them.
    const content = '𝄞'.repeat(10_000);
    let queued = (await figures()).queued_bytes;
    for (let sent = 0; queued.total <= queued.max && sent < 500; sent += 10) {
      await Promise.all(Array.from({ length: 10 }, () => client.send(alice, group, content)));
      queued = (await figures()).queued_bytes;
    }
    expect(queued.max).to.be.within(1, 33_554_432);
    expect(queued.total)
      .to.be.above(queued.max)
      .and.at.most(2 * queued.max);

    ticker.tick(6);
    expect((await figures()).closes).to.deep.equal({ slow_reader: 2 });
    for (const socket of stalled) socket.resume();
    await Promise.all(stalled.map((socket) => socket.closed));
    clockOffset = 24 * 3_600_000;
    ticker.tick();
    expect((await reader?.closed)?.code).to.equal(4401);
    const last = await figures();
    expect(last.closes).to.deep.equal({ slow_reader: 2, token_expired: 1 });
    expect(last).to.deep.include({ online_users: 0, total_connections: 0 });
  });
});

describe('stats without a token in the settings', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  it('is an address that does not exist, whoever asks', async () => {
    for (const token of [null, '', 'null', 'undefined', world.alice.token]) {
      const answer = await world.client.call('GET', '/api/v1/stats', { token });
      expect(answer.status).to.equal(404);
      expect(answer.body).to.include({ code: 'not_found' });
    }
  });
});
