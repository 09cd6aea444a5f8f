import { expect } from 'chai';
import { startWorld, type World } from './world.js';

describe('system', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  it('says what it is', async () => {
    const root = await world.client.call('GET', '/');
    expect(root.status).to.equal(200);
    expect(root.body).to.have.all.keys('message', 'version', 'status');
    expect(root.body).to.include({ status: 'running' });
    const info = await world.client.call<Record<'features' | 'limits', Record<string, unknown>>>('GET', '/info/');
    expect(info.body)
      .to.include({ version: root.body['version'] })
      .and.to.have.all.keys('name', 'version', 'features', 'limits');
    expect(info.body.features).to.include({
      direct_chat: true,
      group_chat: true,
      real_time_messaging: true,
      message_history: true,
      typing_indicators: true,
      online_status: true,
    });
    expect(info.body.limits).to.include({ max_group_members: 100, max_message_length: 10_000 });
  });

  it('says how it is', async () => {
    const state = world.app.settings.storage.kind === 'embedded' ? 'embedded' : 'up';
    const health = await world.client.call('GET', '/health');
    expect(health.status).to.equal(200);
    expect(health.body).to.include({ status: 'healthy', mysql: state, mongodb: state });
    expect((await world.client.call('GET', '/health/live/')).body).to.deep.equal({ status: 'alive' });
    expect((await world.client.call('GET', '/health/ready/')).body).to.deep.equal({ status: 'ready' });
  });
});
