import { expect } from 'chai';
import { AppError } from '../../src/domain/errors.js';
import type { Body, BodyStore } from '../../src/ports/body-store.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import { createChatStore } from '../../src/stores/sql/chats/index.js';
import { Running } from '../../src/domain/running.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { contents, draft, expectCode, refusal, send, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { setScene } from './scene.js';

describe('bodies that fail', () => {
  let stores: TestStores;
  let warnings: { facts: object; message: string }[];
  const logger = { warn: (facts: object, message: string) => void warnings.push({ facts, message }) };

  before(async () => {
    stores = await openTestStores();
  });
  beforeEach(() => {
    warnings = [];
  });
  after(() => stores.close());

  /** A message log over the same rows whose body store differs in some calls. */
  function logWith(changed: Partial<BodyStore>): MessageLog {
    const { bodies } = stores;
    return createMessageLog(stores.sql, { ...bodies, ...changed }, { clock: systemClock, logger });
  }

  const away = (): Promise<never> => Promise.reject(new AppError('unavailable'));

  it('stores no row without its body', async () => {
    const { chatId, ada, messageId } = await setScene(stores);
    const log = logWith({ insert: away });
    const outcomes = await log.append([draft(chatId, ada, 'a', 'k'), draft(chatId, ada, 'b')]);
    expect(outcomes.map(refusal)).to.deep.equal(['unavailable', 'unavailable']);
    await expectCode(log.edit({ messageId, actorId: ada.id, content: 'x' }), 'unavailable');
    expect((await stores.chats.view(chatId, ada.id)).chat).to.include({ lastSeq: 1, rev: 3 });
    expect((await send(stores, chatId, ada, 'a', 'k')).seq).to.equal(2);
  });

  it('lets a body that fails alone fail alone, without a gap', async () => {
    const { chatId, ada } = await setScene(stores);
    const failing = (list: readonly Body[]) => stores.bodies.insert(list.filter((body) => body.content !== 'bad'));
    const log = logWith({
      insert: async (list) => {
        await failing(list);
        return list.flatMap((body, index) => (body.content === 'bad' ? [index] : []));
      },
    });
    const outcomes = await log.append(['a', 'bad', 'c', 'bad', 'e'].map((content) => draft(chatId, ada, content)));
    expect(outcomes.map((outcome) => outcome.ok)).to.deep.equal([true, false, true, false, true]);
    expect([0, 2, 4].map((index) => stored(outcomes[index]).seq)).to.deep.equal([2, 3, 4]);
    expect(refusal(outcomes[1])).to.equal('unavailable');
  });

  it('answers repeats while no body can be stored', async () => {
    const { chatId, ada } = await setScene(stores);
    const first = await send(stores, chatId, ada, 'said', 'k');
    const log = logWith({ insert: away });
    const outcomes = await log.append([draft(chatId, ada, 'said', 'k'), draft(chatId, ada, 'new', 'k2')]);
    expect(outcomes[0]).to.deep.equal({ ok: true, message: first, duplicate: true, event: null });
    expect(refusal(outcomes[1])).to.equal('unavailable');
  });

  it('leaves no body of repeats and refusals behind, and lets nobody wait for that', async () => {
    const { chatId, ada, out } = await setScene(stores);
    await send(stores, chatId, ada, 'said', 'k');
    const written: Uint8Array[] = [];
    const insert = (list: readonly Body[]): Promise<readonly number[]> => {
      written.push(...list.map((body) => body.id));
      return stores.bodies.insert(list);
    };
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const remove = async (ids: readonly Uint8Array[]): Promise<void> => {
      await held;
      await stores.bodies.delete(ids);
    };
    const afterwork = new Running();
    const log = createMessageLog(
      stores.sql,
      { ...stores.bodies, insert, delete: remove },
      { clock: systemClock, logger, afterwork },
    );
    // Answered while nothing has been removed yet.
    await log.append([draft(chatId, ada, 'said', 'k'), draft(chatId, out, 'not mine'), draft(chatId, ada, 'new')]);
    expect(written).to.have.length(3);
    expect((await stores.bodies.find(written)).size).to.equal(3);
    letGo();
    await afterwork.idle();
    const left = [...(await stores.bodies.find(written)).values()];
    expect(left.map((body) => body.content)).to.deep.equal(['new']);
  });

  it('flags a message whose body is gone or altered, and goes on', async () => {
    const { chatId, ada, messageId } = await setScene(stores);
    await send(stores, chatId, ada, 'last');
    const log = logWith({
      find: async (ids) =>
        new Map(
          [...(await stores.bodies.find(ids))].map(([id, body]) => [id, { ...body, intact: body.content !== 'two' }]),
        ),
    });
    const { items } = await log.window(chatId, ada.id, { kind: 'newest', limit: 10 });
    expect(items.map((item) => [item.content, item.contentStatus])).to.deep.equal([
      ['last', 'ok'],
      [null, 'unavailable'],
    ]);
    expect(await log.find(messageId, ada.id)).to.deep.equal(items[1]);
    expect(warnings.map((warning) => warning.facts)).to.deep.equal([{ chatId, seq: 1, messageId, version: 2 }]);
    const lost = logWith({ find: () => Promise.resolve(new Map()) });
    expect(contents((await lost.page(chatId, ada.id, { offset: 0, limit: 10 })).items)).to.deep.equal([null, null]);
    // Whatever the lost body said, the sender can say it again.
    const mended = await lost.edit({ messageId, actorId: ada.id, content: 'two' });
    expect(mended.result).to.include({ content: 'two', contentStatus: 'ok', version: 3 });
  });

  it('reads a row again whose body was superseded, or deleted, in between', async () => {
    const { chatId, ada, messageId } = await setScene(stores);
    const second = await send(stores, chatId, ada, 'second');
    let first = true;
    const log = logWith({
      async find(ids) {
        if (!first) return stores.bodies.find(ids);
        first = false;
        await stores.messages.edit({ messageId, actorId: ada.id, content: 'newer' });
        await stores.messages.remove(second.id, ada.id);
        await stores.bodies.delete(ids);
        return stores.bodies.find(ids);
      },
    });
    const { items } = await log.window(chatId, ada.id, { kind: 'newest', limit: 10 });
    expect(items.map(({ seq, content, version }) => [seq, content, version])).to.deep.equal([[1, 'newer', 3]]);
    expect(warnings).to.deep.equal([]);
  });

  it('lists chats without previews while bodies cannot be read', async () => {
    const { chatId, ada } = await setScene(stores);
    const chats = createChatStore(stores.sql, { ...stores.bodies, find: away }, { clock: systemClock, logger });
    const { items } = await chats.list(ada.id, { offset: 0, limit: 10 });
    expect(items.map((item) => [item.chat.id, item.lastMessage?.content])).to.deep.equal([[chatId, null]]);
    expect(warnings).to.have.length(1);
  });
});
