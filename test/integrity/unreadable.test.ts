import { expect } from 'chai';
import type { MessageResource, PageResource, WindowResource } from '../../src/protocol/resources.js';
import { createEraseWorker } from '../../src/services/integrity/erase-worker.js';
import { verify } from '../../src/services/integrity/verify/verify.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at } from '../conformance/chat-store.fixtures.js';
import { damageTo, type Damage } from '../helpers/damage.js';
import { silentLogger } from '../helpers/stores.js';
import { startWorld, type World } from '../integration/http/world.js';

describe('a body that is gone, altered or no text any more', () => {
  let world: World;
  let damage: Damage;
  let messages: MessageResource[];
  before(async () => {
    world = await startWorld();
    const { stores, settings } = world.app;
    damage = await damageTo({ ...stores, storage: settings.storage });
    const { client, alice, group } = world;
    messages = [world.message];
    for (const text of ['two', 'three', 'four', 'five', 'six']) messages.push(await client.send(alice, group, text));
    await damage.removeBody(await bodyOf(at(messages, 1)));
    await damage.alterBody(await bodyOf(at(messages, 3)), 'forged');
    await damage.spoilBody(await bodyOf(at(messages, 5)));
  });
  after(async () => {
    await damage.close();
    await world.app.stop();
  });

  async function bodyOf({ id }: MessageResource): Promise<Uint8Array> {
    return at(await world.app.stores.inspection.rows(id - 1, 1), 0).bodyId;
  }

  const shown = (items: readonly MessageResource[]) =>
    items.map(({ seq, content, content_status: status }) => [seq, content, status]);

  const EXPECTED = [
    [6, null, 'unavailable'],
    [5, 'five', undefined],
    [4, null, 'unavailable'],
    [3, 'three', undefined],
    [2, null, 'unavailable'],
    [1, 'first', undefined],
  ];

  it('is flagged on its page, and the others are as they were', async () => {
    const { client, bob, group } = world;
    const page = await client.as(bob).get<PageResource<MessageResource>>(`/messages/chat/${group.id}`);
    expect(page.status).to.equal(200);
    expect(page.body.total).to.equal(6);
    expect(shown(page.body.items)).to.deep.equal(EXPECTED);
    const one = await client.as(bob).get<MessageResource>(`/messages/${at(messages, 3).id}`);
    expect(one.status).to.equal(200);
    expect(one.body).to.include({ content: null, content_status: 'unavailable' });
    expect(one.text).not.to.contain('forged');
  });

  it('does not wedge a cursor in either direction, nor reading on from a rev', async () => {
    const { client, bob, group } = world;
    for (const step of ['before_seq=7', 'after_seq=0']) {
      const [name, start] = step.split('=');
      const seen: MessageResource[] = [];
      for (let cursor = Number(start); ;) {
        const path = `/messages/chat/${group.id}?${name}=${cursor}&limit=1`;
        const { body } = await client.as(bob).get<WindowResource<MessageResource>>(path);
        seen.push(...body.items);
        const isMore = name === 'before_seq' ? body.has_more_before : body.has_more_after;
        if (!isMore) break;
        cursor = at(body.items, 0).seq;
      }
      expect(shown(seen.sort((a, b) => b.seq - a.seq))).to.deep.equal(EXPECTED);
    }
    const { body } = await client
      .as(bob)
      .get<{ changes: { type: string; message: MessageResource }[] }>(`/chats/${group.id}/changes?since_rev=0`);
    const sent = body.changes.filter(({ type }) => type === 'new_message').map(({ message }) => message);
    expect(shown(sent.sort((a, b) => b.seq - a.seq))).to.deep.equal(EXPECTED);
  });

  it('is counted, logged once without a word of it, and found by verify', async () => {
    const { app } = world;
    const logged = app.logs.filter((line) => line.includes('cannot be read'));
    expect(logged).to.have.lengthOf(3);
    expect(logged.join('')).not.to.contain('forged').and.not.to.contain('four');
    const figures = app.stores.unreadable.figures();
    expect(figures.messages).to.equal(3);
    expect(figures.reads).to.be.above(3);
    const eraser = createEraseWorker({ ...app.stores, clock: systemClock, logger: silentLogger });
    const { problems } = await verify({ ...app.stores, eraser }, { repair: false });
    const found = Object.entries(problems).filter(([, { count }]) => count > 0);
    expect(found.map(([kind, { places }]) => [kind, places.map(({ messageId }) => messageId)])).to.deep.equal([
      ['dangling_messages', [at(messages, 1).id]],
      ['altered_bodies', [at(messages, 3).id, at(messages, 5).id]],
    ]);
  });

  it('can be said again by its sender', async () => {
    const { client, alice, bob } = world;
    const edited = await client.as(alice).put<MessageResource>(`/messages/${at(messages, 1).id}`, { content: 'two' });
    expect(edited.status).to.equal(200);
    const read = await client.as(bob).get<MessageResource>(`/messages/${at(messages, 1).id}`);
    expect(read.body).to.include({ content: 'two', version: 2 }).and.not.to.have.property('content_status');
  });
});
