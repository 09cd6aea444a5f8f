import { expect } from 'chai';
import { readChatsOf } from '../../src/stores/sql/changes/chats-of.js';
import { group, people } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** The lists of many users by few statements. */
describe('chats of users', () => {
  let stores: TestStores;

  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  it('gives each user theirs, whole and in order, wherever a statement had to stop', async () => {
    const users = await people(stores, 4);
    const [ada, ben, cleo, dan] = users;
    if (!ada || !ben || !cleo || !dan) throw new Error('four people');
    const chats: number[] = [];
    for (const members of [[ada, ben], [ben], [ben, cleo], [ada, ben, cleo], [cleo]]) {
      chats.push((await group(stores, members)).chat.id);
    }
    const [c1, c2, c3, c4, c5] = chats;
    const wanted = [ben, dan, ada, cleo].map(({ id }) => ({ userId: id, limit: 3 }));
    for (const rows of [1, 3, 4, 5, 100]) {
      const lists = await readChatsOf(stores.sql, 0, wanted, rows);
      const ids = lists.map((list) => list.map(({ chatId }) => chatId));
      expect(ids, `${rows} rows`).to.deep.equal([[c1, c2, c3], [], [c1, c4], [c3, c4, c5]]);
    }
    const [later] = await readChatsOf(stores.sql, c2 ?? 0, [{ userId: ben.id, limit: 1 }]);
    expect(later?.map(({ chatId }) => chatId)).to.deep.equal([c3]);
  });

  it('answers all who ask in one turn alike, each with their own', async () => {
    const [ada, ben] = await people(stores, 2);
    if (!ada || !ben) throw new Error('two people');
    const { chat } = await group(stores, [ada]);
    const [mine, none, again, found, unknown, member, stranger] = await Promise.all([
      stores.changes.chatsOf(ada.id, 0, 10),
      stores.changes.chatsOf(ben.id, 0, 10),
      stores.changes.chatsOf(ada.id, 0, 10),
      stores.users.findById(ben.id),
      stores.users.findById(900_000_000_000),
      stores.chats.membership(chat.id, ada.id),
      stores.chats.membership(chat.id, ben.id),
    ]);
    expect(mine.map(({ chatId }) => chatId)).to.deep.equal([chat.id]);
    expect(none).to.deep.equal([]);
    expect(again).to.deep.equal(mine);
    expect(found?.username).to.equal(ben.username);
    expect(unknown).to.equal(null);
    expect(member).to.deep.equal({ rev: chat.rev, lastSeq: 0 });
    expect(stranger).to.equal(null);
  });
});
