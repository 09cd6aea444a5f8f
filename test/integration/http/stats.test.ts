import { expect } from 'chai';
import type { Answer } from '../../helpers/client.js';
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
