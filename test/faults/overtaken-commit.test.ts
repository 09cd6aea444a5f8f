import { expect } from 'chai';
import type { Change, ChatStore } from '../../src/ports/chat-store.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import { createChatStore } from '../../src/stores/sql/chats/index.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, expectCode, nextMillisecond, people, send } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { connectionLost, Faults, setScene, type Scene } from './scene.js';

interface Actor {
  readonly chats: ChatStore;
  readonly messages: MessageLog;
}
type Doing = (scene: Scene, actor: Actor) => Promise<Change<unknown>>;

const rename =
  (name: string, by: 'ada' | 'bob'): Doing =>
  (scene, { chats }) =>
    chats.rename(scene.chatId, scene[by].id, name);
const promote =
  (isAdmin: boolean, by: 'ada' | 'bob'): Doing =>
  ({ chatId, eve, ...scene }, { chats }) =>
    chats.setAdmin(chatId, scene[by].id, eve.id, isAdmin);
const expel =
  (by: 'ada' | 'bob'): Doing =>
  ({ chatId, eve, ...scene }, { chats }) =>
    chats.removeParticipant(chatId, scene[by].id, eve.id, 'remove');
const add =
  (by: 'ada' | 'bob'): Doing =>
  ({ chatId, out, ...scene }, { chats }) =>
    chats.addParticipants(chatId, scene[by].id, [out.id]);
const erase =
  (by: 'ada' | 'bob'): Doing =>
  ({ messageId, ...scene }, { messages }) =>
    messages.remove(messageId, scene[by].id);

/** Between the loss of a COMMIT and the look for it, someone else changes the same chat and takes the next rev. */
describe('an unknown COMMIT that others overtake', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  async function sceneWithTwoAdmins(): Promise<Scene> {
    const scene = await setScene(stores);
    await stores.chats.setAdmin(scene.chatId, scene.ada.id, scene.bob.id, true);
    return scene;
  }

  /** Stores whose first transaction loses its COMMIT; `meanwhile` happens before the second one asks what became of it. */
  function overtaken(lost: 'commit' | 'answer', meanwhile: () => Promise<unknown>): Actor {
    let transactions = 0;
    const sql: SqlDatabase = {
      ...stores.sql,
      async transaction(work) {
        transactions += 1;
        if (transactions === 1) lose(lost);
        if (transactions === 2) {
          await nextMillisecond();
          await meanwhile();
        }
        return stores.sql.transaction(work);
      },
    };
    const deps = { clock: systemClock, logger: { warn: () => undefined } };
    return { chats: createChatStore(sql, stores.bodies, deps), messages: createMessageLog(sql, stores.bodies, deps) };
  }

  function lose(lost: 'commit' | 'answer'): void {
    if (lost === 'commit') {
      faults.onStatement = (_text, phase) => {
        if (phase !== 'commit') return;
        faults.reset();
        throw connectionLost();
      };
      return;
    }
    faults.afterCommit = () => {
      faults.reset();
      throw connectionLost();
    };
  }

  async function revOf({ chatId, ada }: Scene): Promise<number> {
    return (await stores.chats.view(chatId, ada.id)).chat.rev;
  }

  /** What there is, without what differs between two scenes (ids, times). */
  async function shapeOf({ chatId, ada, bob, eve, out }: Scene): Promise<object> {
    const order = [ada, bob, eve, out].map((user) => user.id);
    const { chat, participants } = await stores.chats.view(chatId, ada.id);
    const { items } = await stores.messages.window(chatId, ada.id, { kind: 'newest', limit: 10 });
    const who = participants.map(({ userId, isAdmin, rev }) => [order.indexOf(userId), isAdmin, rev]);
    return { name: chat.name, rev: chat.rev, who, messages: items.map(({ seq, rev }) => [seq, rev]) };
  }

  const LOST: readonly (readonly [string, Doing, Doing])[] = [
    ['a rename for another name', rename('mine', 'ada'), rename('theirs', 'bob')],
    ['a rename for a promotion', rename('mine', 'ada'), promote(true, 'bob')],
    ['a promotion for a removal', promote(true, 'ada'), expel('bob')],
    ['a removal for a promotion', expel('ada'), promote(true, 'bob')],
    ['an addition for a promotion', add('ada'), promote(true, 'bob')],
    ['a deletion for a rename', erase('ada'), rename('theirs', 'bob')],
  ];
  for (const [name, mine, theirs] of LOST) {
    it(`does not take ${name} that took its rev`, async () => {
      const scene = await sceneWithTwoAdmins();
      const before = await revOf(scene);
      let taken: readonly number[] = [];
      const actor = overtaken('commit', async () => {
        taken = (await theirs(scene, stores)).events.map((event) => event.rev);
      });
      await expectCode(mine(scene, actor), 'unavailable');
      expect(taken).to.deep.equal([before + 1]);
      expect(await revOf(scene)).to.equal(before + 1);
      const twin = await sceneWithTwoAdmins();
      await theirs(twin, stores);
      expect(await shapeOf(scene)).to.deep.equal(await shapeOf(twin));
    });
  }

  it('does not take another addition for its own, even where they share the last one added', async () => {
    const scene = await sceneWithTwoAdmins();
    const { chatId, ada, bob, out } = scene;
    const users = await people(stores, 2);
    const [shared, other] = [at(users, 0), at(users, 1)];
    const { chats } = overtaken('commit', () => stores.chats.addParticipants(chatId, bob.id, [other.id, shared.id]));
    await expectCode(chats.addParticipants(chatId, ada.id, [out.id, shared.id]), 'unavailable');
    const present = (await stores.chats.view(chatId, ada.id)).participants.map((one) => one.userId);
    expect(present).to.include.members([other.id, shared.id]).and.not.to.include(out.id);
  });

  const SAME: readonly (readonly [string, (by: 'ada' | 'bob') => Doing])[] = [
    ['a rename', (by) => rename('ours', by)],
    ['an addition', add],
    ['a removal', expel],
    ['a deletion', erase],
  ];
  for (const [name, doing] of SAME) {
    it(`answers ${name} that someone else has made instead, without an event of its own`, async () => {
      const scene = await sceneWithTwoAdmins();
      const before = await revOf(scene);
      const published: object[] = [];
      const actor = overtaken('commit', async () => {
        published.push(...(await doing('bob')(scene, stores)).events);
      });
      const change = await doing('ada')(scene, actor);
      expect(change.events).to.deep.equal([]);
      expect(published).to.have.length(1);
      expect(await revOf(scene)).to.equal(before + 1);
    });

    it(`finds ${name} that was committed, though the chat has moved on`, async () => {
      const scene = await sceneWithTwoAdmins();
      const before = await revOf(scene);
      const actor = overtaken('answer', () => send(stores, scene.chatId, scene.bob, 'meanwhile'));
      const change = await doing('ada')(scene, actor);
      expect(change.events.map((event) => event.rev)).to.deep.equal([before + 1]);
      expect(await revOf(scene)).to.equal(before + 2);
    });
  }

  it('answers with the present state what someone else has made of it', async () => {
    const scene = await sceneWithTwoAdmins();
    const { chatId, ada, bob, eve } = scene;
    const renamer = overtaken('commit', async () => {
      await send(stores, chatId, bob, 'first');
      await stores.chats.rename(chatId, bob.id, 'ours');
    });
    expect((await renamer.chats.rename(chatId, ada.id, 'ours')).result).to.deep.equal(
      await stores.chats.view(chatId, ada.id),
    );
    const promoter = overtaken('commit', async () => {
      await send(stores, chatId, bob, 'second');
      await stores.chats.setAdmin(chatId, bob.id, eve.id, true);
    });
    const { result, events } = await promoter.chats.setAdmin(chatId, ada.id, eve.id, true);
    const { participants } = await stores.chats.view(chatId, ada.id);
    expect(result).to.deep.equal(participants.find((one) => one.userId === eve.id));
    expect(events).to.deep.equal([]);
  });

  it('finds a promotion that was committed, though the chat has moved on', async () => {
    const scene = await sceneWithTwoAdmins();
    const before = await revOf(scene);
    const actor = overtaken('answer', () => send(stores, scene.chatId, scene.bob, 'meanwhile'));
    const change = await promote(true, 'ada')(scene, actor);
    expect(change.events.map((event) => event.rev)).to.deep.equal([before + 1]);
  });

  it('claims nothing of a change that was undone before it could be found', async () => {
    const scene = await sceneWithTwoAdmins();
    await expectCode(
      promote(true, 'ada')(
        scene,
        overtaken('answer', () => promote(false, 'bob')(scene, stores)),
      ),
      'indeterminate',
    );
    await expectCode(
      rename('mine', 'ada')(
        scene,
        overtaken('answer', () => rename('theirs', 'bob')(scene, stores)),
      ),
      'indeterminate',
    );
    await expectCode(
      expel('ada')(
        scene,
        overtaken('answer', () => stores.chats.addParticipants(scene.chatId, scene.bob.id, [scene.eve.id])),
      ),
      'indeterminate',
    );
    await expectCode(
      add('ada')(
        scene,
        overtaken('answer', () => stores.chats.removeParticipant(scene.chatId, scene.bob.id, scene.out.id, 'remove')),
      ),
      'indeterminate',
    );
  });

  it('is indeterminate where the look for it fails in an unforeseen way', async () => {
    const scene = await sceneWithTwoAdmins();
    const broken = overtaken('answer', () => Promise.reject(new TypeError('injected')));
    await expectCode(rename('mine', 'ada')(scene, broken), 'indeterminate');
    expect((await stores.chats.view(scene.chatId, scene.ada.id)).chat.name).to.equal('mine');
  });
});
