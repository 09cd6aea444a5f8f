import { expect } from 'chai';
import type { Message } from '../../src/domain/message.js';
import type { User } from '../../src/domain/user.js';
import type { BodyStore } from '../../src/ports/body-store.js';
import { messageColumns, readMessageRows, type MessageRow } from '../../src/stores/sql/ground/message-rows.js';
import { sizesOf } from '../../src/stores/sql/ground/slices.js';
import { at, draft, group, people, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** How long bodies are is known from the rows, and asked for where rows of before do not say it. */
describe('bytes of bodies', () => {
  let stores: TestStores;
  let ada: User;
  let chatId: number;

  before(async () => {
    stores = await openTestStores();
    ada = at(await people(stores, 1), 0);
    chatId = (await group(stores, [ada])).chat.id;
  });
  after(() => stores.close());

  async function rowsOf(messages: readonly Message[]): Promise<readonly MessageRow[]> {
    const { words } = stores.sql;
    const ids = messages.map(({ id }) => id);
    const text = `SELECT ${messageColumns(words)} FROM message_metadata m JOIN users u ON u.id = m.sender_id
      WHERE m.id IN (${ids.map(() => '?').join(', ')}) ORDER BY m.id`;
    return readMessageRows(await stores.sql.read((session) => session.query(text, ids)));
  }

  async function send(contents: readonly string[]): Promise<readonly Message[]> {
    const outcomes = await stores.messages.append(contents.map((content) => draft(chatId, ada, content)));
    return outcomes.map((outcome) => stored(outcome));
  }

  /** The bodies, with what their sizes are asked for. */
  function watched(): { readonly bodies: BodyStore; readonly asked: number[] } {
    const asked: number[] = [];
    const sizes: BodyStore['sizes'] = (ids) => {
      asked.push(ids.length);
      return stores.bodies.sizes(ids);
    };
    return { bodies: { ...stores.bodies, sizes }, asked };
  }

  it('stand in the row from its sending, whatever the script', async () => {
    const contents = ['a', 'Grüße', '你好', '\u{1f468}\u200d\u{1f469}', '\u{10ffff}'.repeat(10_000)];
    const rows = await rowsOf(await send(contents));
    expect(rows.map((row) => row.bodyBytes)).to.deep.equal(contents.map((content) => Buffer.byteLength(content)));
  });

  it('follow an edit, and a deleted message has none', async () => {
    const [edited, deleted] = await send(['short', 'to be deleted']);
    if (!edited || !deleted) throw new Error('two messages');
    await stores.messages.edit({ messageId: edited.id, actorId: ada.id, content: 'ä'.repeat(500) });
    await stores.messages.remove(deleted.id, ada.id);
    const rows = await rowsOf([edited, deleted]);
    expect(at(rows, 0).bodyBytes).to.equal(1_000);
    const { bodies, asked } = watched();
    expect(await sizesOf({ bodies }, rows)).to.deep.equal([1_000, 0]);
    expect(asked).to.deep.equal([]);
  });

  it('are asked of the bodies for the rows that do not know, once for all, and are 0 where the body is gone', async () => {
    const messages = await send(['one', 'zwölf', 'three', 'lost', 'deleted']);
    const [, second, , lost, deleted] = messages;
    if (!second || !lost || !deleted) throw new Error('five messages');
    await stores.messages.remove(deleted.id, ada.id);
    await stores.sql.write({
      text: 'UPDATE message_metadata SET body_bytes = NULL WHERE id IN (?, ?, ?)',
      values: [second.id, lost.id, deleted.id],
    });
    const rows = await rowsOf(messages);
    expect(rows.map((row) => row.bodyBytes)).to.deep.equal([3, null, 5, null, null]);
    await stores.bodies.delete([at(rows, 3).bodyId]);
    const { bodies, asked } = watched();
    expect(await sizesOf({ bodies }, rows)).to.deep.equal([3, 6, 5, 0, 0]);
    expect(asked).to.deep.equal([2]);
  });
});
