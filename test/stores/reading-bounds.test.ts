import { expect } from 'chai';
import type { ChatListEntry } from '../../src/domain/chat.js';
import { AppError } from '../../src/domain/errors.js';
import type { DurableEvent } from '../../src/domain/events.js';
import type { Message } from '../../src/domain/message.js';
import type { User } from '../../src/domain/user.js';
import type { BodyStore } from '../../src/ports/body-store.js';
import type { ChangeLog } from '../../src/ports/change-log.js';
import type { ChatStore } from '../../src/ports/chat-store.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import type { ReadShare } from '../../src/ports/read-share.js';
import { LIMITS } from '../../src/protocol/limits.js';
import { createChangeLog } from '../../src/stores/sql/changes/index.js';
import { createChatStore } from '../../src/stores/sql/chats/index.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { SLICE_BYTES, SLICE_ROWS } from '../../src/stores/sql/ground/slices.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, draft, group, people, seqs, stored } from '../conformance/chat-store.fixtures.js';
import { createRandom } from '../helpers/random.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + Buffer.byteLength(content ?? ''), 0);

/** What reads asked of the bodies and of the reader's share, in the order in which they asked. */
interface Notes {
  readonly asked: string[];
  /** Bodies of each read. */
  readonly found: number[];
  readonly taken: number[];
  steps: number;
}

/** How many bytes an answer may hold, and how it is read on from there. */
describe('bounds of what is read', function () {
  this.timeout(120_000);
  const random = createRandom();
  let stores: TestStores;
  let chats: ChatStore;
  let messages: MessageLog;
  let changes: ChangeLog;
  let ada: User;
  let notes: Notes;

  before(async () => {
    stores = await openTestStores();
    ada = at(await people(stores, 1), 0);
    const bodies: BodyStore = {
      ...stores.bodies,
      find(ids) {
        notes.asked.push('find');
        notes.found.push(ids.length);
        return stores.bodies.find(ids);
      },
      sizes(ids) {
        notes.asked.push('sizes');
        return stores.bodies.sizes(ids);
      },
    };
    const deps = { clock: systemClock, logger: silentLogger };
    chats = createChatStore(stores.sql, bodies, deps);
    messages = createMessageLog(stores.sql, bodies, deps);
    changes = createChangeLog(stores.sql, bodies, { ...deps, epoch: stores.epoch });
  });
  after(() => stores.close());
  beforeEach(() => {
    notes = { asked: [], found: [], taken: [], steps: 0 };
  });

  const share: ReadShare = {
    take(bytes) {
      notes.asked.push('take');
      notes.taken.push(bytes);
      return Promise.resolve();
    },
    step(task) {
      notes.steps += 1;
      return task();
    },
  };

  function content(index: number): string {
    const kind = random.below(10);
    if (kind < 4) return `short ${index}`;
    if (kind < 9) return `${index} ${'\u{10ffff}'.repeat(random.below(10_000))}`;
    return `${index} ${'x'.repeat(random.below(400_000))}`;
  }

  /** A chat of so many messages; `huge` stands for one that alone is more than an answer may hold. */
  async function chatOf(count: number, huge: number | null = null): Promise<{ id: number; contents: string[] }> {
    const { chat } = await group(stores, [ada]);
    const contents = Array.from({ length: count }, (_, index) =>
      index === huge ? '\u{10ffff}'.repeat(400_000) : content(index),
    );
    for (let from = 0; from < count; from += 20) {
      const outcomes = await messages.append(contents.slice(from, from + 20).map((text) => draft(chat.id, ada, text)));
      outcomes.forEach((outcome) => stored(outcome));
    }
    return { id: chat.id, contents };
  }

  function expectBounded(items: readonly Message[], where: string): void {
    if (items.length > 1) expect(bytesOf(items), where).to.be.at.most(LIMITS.answerBytes);
  }

  /** Nothing is read that is not told, in slices, and never before its bytes are paid. */
  function expectSliced(items: readonly Message[], where: string): void {
    expect(
      notes.found.reduce((sum, count) => sum + count, 0),
      where,
    ).to.equal(items.length);
    expect(notes.taken, where).to.deep.equal([bytesOf(items)]);
    expect(notes.asked.indexOf('take'), where).to.be.below(
      notes.asked.includes('find') ? notes.asked.indexOf('find') : Infinity,
    );
    let from = 0;
    for (const count of notes.found) {
      const slice = items.slice(from, (from += count));
      expect(count, where).to.be.at.most(SLICE_ROWS);
      if (count > 1) expect(bytesOf(slice), where).to.be.at.most(SLICE_BYTES);
    }
  }

  function forget(): void {
    notes = { asked: [], found: [], taken: [], steps: 0 };
  }

  it('windows are cut and read on in both directions, every message once', async () => {
    const where = `seed ${random.seed}`;
    const { id, contents } = await chatOf(120, 60);
    const older: Message[] = [];
    let cuts = 0;
    for (let seq = 1_000_000; ;) {
      const limit = 1 + random.below(100);
      forget();
      const window = await messages.window(id, ada.id, { kind: 'before', seq, limit }, share);
      expectBounded(window.items, where);
      expectSliced(window.items, where);
      expect(window.hasMoreAfter, where).to.equal(older.length > 0);
      older.push(...window.items);
      if (window.items.length < limit && window.hasMoreBefore) cuts += 1;
      if (!window.hasMoreBefore) break;
      seq = at(window.items, window.items.length - 1).seq;
    }
    expect(older.map((message) => message.content).reverse(), where).to.deep.equal(contents);
    expect(cuts, where).to.be.above(0);

    const newer: Message[] = [];
    for (let seq = 0; ;) {
      const window = await messages.window(id, ada.id, { kind: 'after', seq, limit: 1 + random.below(100) }, share);
      expectBounded(window.items, where);
      expect(window.hasMoreBefore, where).to.equal(newer.length > 0);
      newer.push(...[...window.items].reverse());
      if (!window.hasMoreAfter) break;
      seq = at(window.items, 0).seq;
    }
    expect(
      newer.map((message) => message.content),
      where,
    ).to.deep.equal(contents);
  });

  it('a window around a message keeps it, and what is nearest to it', async () => {
    const where = `seed ${random.seed}`;
    const { id, contents } = await chatOf(90, 45);
    for (let turn = 0; turn < 25; turn += 1) {
      const seq = turn === 0 ? 46 : 1 + random.below(90);
      const { items, hasMoreBefore, hasMoreAfter } = await messages.window(
        id,
        ada.id,
        { kind: 'around', seq, limit: 100 },
        share,
      );
      expectBounded(items, `${where}, around ${seq}`);
      const told = seqs(items);
      expect(told, where).to.include(seq);
      const [newest, oldest] = [at(told, 0), at(told, told.length - 1)];
      expect(told, where).to.deep.equal(Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index));
      expect([hasMoreBefore, hasMoreAfter], where).to.deep.equal([oldest > 1, newest < 90]);
      expect(at(items, newest - seq).content).to.equal(contents[seq - 1]);
    }
  });

  it('numbered pages stay whole, and are read in slices', async () => {
    const { chat } = await group(stores, [ada]);
    const long = '\u{10ffff}'.repeat(LIMITS.messageLength);
    await messages.append(Array.from({ length: 100 }, () => draft(chat.id, ada, long)));
    forget();
    const { items } = await messages.page(chat.id, ada.id, { offset: 0, limit: 100 }, share);
    expect(items).to.have.length(100);
    expectSliced(items, 'a page');
    expect(notes.found.length).to.be.within(15, 20);
    // Each slice is a turn of its own, and so are the rows.
    expect(notes.steps).to.equal(notes.found.length + 1);
  });

  it('a small page is one body read and no step at all', async () => {
    const { chat } = await group(stores, [ada]);
    await messages.append(Array.from({ length: 60 }, (_, index) => draft(chat.id, ada, `m${index}`)));
    forget();
    await messages.page(chat.id, ada.id, { offset: 0, limit: 50 }, share);
    expect(notes).to.deep.include({ asked: ['take', 'find'], found: [50], steps: 0 });
    forget();
    await messages.window(chat.id, ada.id, { kind: 'before', seq: 40, limit: 20 }, share);
    expect(notes).to.deep.include({ asked: ['take', 'find'], found: [20], steps: 0 });
  });

  it('previews of a list of chats are paid and read in slices, short ones in one read', async () => {
    const [reader] = await people(stores, 1);
    if (reader === undefined) throw new Error('a reader');
    const long = '\u{10ffff}'.repeat(LIMITS.messageLength);
    const groups = await Promise.all(Array.from({ length: 40 }, () => group(stores, [reader])));
    await messages.append(groups.map(({ chat }, index) => draft(chat.id, reader, `${index} ${long.slice(8)}`)));
    const read = async (limit: number): Promise<readonly ChatListEntry[]> => {
      forget();
      return (await chats.list(reader.id, { offset: 0, limit }, share)).items;
    };
    const items = await read(100);
    const lengths = items.map(({ lastMessage }) => Buffer.byteLength(lastMessage?.content ?? ''));
    expect(new Set(items.map(({ lastMessage }) => lastMessage?.content)).size).to.equal(40);
    expect(notes.taken).to.deep.equal([lengths.reduce((sum, length) => sum + length, 0)]);
    expect(notes.asked.indexOf('take')).to.be.below(notes.asked.indexOf('find'));
    expect(Math.max(...notes.found) * 40_000).to.be.at.most(SLICE_BYTES);
    // Each slice is a turn of its own, and so are the rows.
    expect(notes.steps).to.equal(notes.found.length + 1);

    await messages.append(groups.map(({ chat }) => draft(chat.id, reader, 'short')));
    await read(50);
    expect(notes).to.deep.include({ asked: ['take', 'find'], found: [40], steps: 0 });

    const refusal = new AppError('rate_limited');
    const refusing: ReadShare = { ...share, take: () => Promise.reject(refusal) };
    const refused: unknown = await chats
      .list(reader.id, { offset: 0, limit: 50 }, refusing)
      .catch((error: unknown) => error);
    expect(refused, 'a refusal is no store that is away').to.equal(refusal);
  });

  /** Messages among the events, in their order. */
  function messagesIn(events: readonly DurableEvent[]): Message[] {
    return events.flatMap((event) =>
      event.type === 'new_message' || event.type === 'message_updated' ? [event.message] : [],
    );
  }

  it('changes are cut and read on, every object once, those of one rev together', async () => {
    const where = `seed ${random.seed}`;
    const { id } = await chatOf(150, 70);
    const all = await messages.window(id, ada.id, { kind: 'after', seq: 0, limit: 1 });
    await messages.edit({ messageId: at(all.items, 0).id, actorId: ada.id, content: 'edited '.repeat(9_000) });
    await messages.remove(
      at((await messages.window(id, ada.id, { kind: 'after', seq: 100, limit: 1 })).items, 0).id,
      ada.id,
    );
    const events: DurableEvent[] = [];
    let cuts = 0;
    let rev = 0;
    for (let hasMore = true; hasMore;) {
      const limit = random.of([500, 1 + random.below(200)]);
      forget();
      const answer = await changes.page(id, ada.id, rev, limit, share);
      if (answer.kind !== 'page') throw new Error('a page');
      const { page } = answer;
      expectBounded(messagesIn(page.events), where);
      expectSliced(messagesIn(page.events), where);
      expect(page.events.length, where).to.be.above(0);
      expect(Math.min(...page.events.map((event) => event.rev)), where).to.be.above(rev);
      if (page.hasMore && page.events.length < limit) cuts += 1;
      events.push(...page.events);
      ({ rev, hasMore } = page);
    }
    expect(cuts, where).to.be.above(0);
    expect(new Set(messagesIn(events).map(({ seq }) => seq)).size, where).to.equal(149);
    expect(messagesIn(events), where).to.have.length(149);
    expect(events.filter(({ type }) => type === 'message_deleted')).to.have.length(1);
    expect(events.filter(({ rev: each }) => each === 1).map(({ type }) => type)).to.have.members([
      'participant_added',
      'chat_updated',
    ]);
  });

  it('changes of many chats share the bytes of one answer, and are read on to the end', async () => {
    const where = `seed ${random.seed}`;
    const chats = await Promise.all(Array.from({ length: 12 }, (_, index) => chatOf(20, index === 5 ? 0 : null)));
    const revs = new Map(chats.map(({ id }) => [id, 0]));
    const seen = new Map<number, string[]>(chats.map(({ id }) => [id, []]));
    for (let rounds = 0; revs.size > 0; rounds += 1) {
      expect(rounds, where).to.be.below(100);
      forget();
      const answers = await changes.pages(ada.id, [...revs], 500, share);
      const told: Message[] = [];
      for (const [id, answer] of answers) {
        if (answer?.kind !== 'page') throw new Error('a page');
        const items = messagesIn(answer.page.events);
        told.push(...items);
        seen.get(id)?.push(...items.map((message) => message.content ?? ''));
        if (answer.page.hasMore) revs.set(id, answer.page.rev);
        else revs.delete(id);
      }
      expectBounded(told, where);
      expectSliced(told, where);
    }
    for (const { id, contents } of chats) expect(seen.get(id), where).to.deep.equal(contents);
  });

  it('all of it holds for rows that do not know their bytes, and for gaps', async () => {
    const where = `seed ${random.seed}`;
    const { id, contents } = await chatOf(80, 30);
    await stores.sql.write({
      text: 'UPDATE message_metadata SET body_bytes = NULL WHERE chat_id = ? AND seq % 3 <> 0',
      values: [id],
    });
    const seen: string[] = [];
    for (let rev = 0, hasMore = true; hasMore;) {
      const answer = await changes.page(id, ada.id, rev, 500, share);
      if (answer.kind !== 'page') throw new Error('a page');
      expectBounded(messagesIn(answer.page.events), where);
      seen.push(...messagesIn(answer.page.events).map((message) => message.content ?? ''));
      ({ rev, hasMore } = answer.page);
    }
    expect(seen, where).to.deep.equal(contents);
    const window = await messages.window(id, ada.id, { kind: 'before', seq: 81, limit: 100 }, share);
    expectBounded(window.items, where);
    expect(window.hasMoreBefore, where).to.equal(true);
  });
});
