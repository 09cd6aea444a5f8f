import { expect } from 'chai';
import { eq } from 'drizzle-orm';
import { openTestStores } from '../helpers/stores.js';
import { expectCode, group, people } from './chat-store.fixtures.js';
import { chatCreationSuite } from './chat-store.groups.suite.js';
import { chatListSuite } from './chat-store.list.suite.js';
import { chatParticipantsSuite } from './chat-store.participants.suite.js';

chatCreationSuite(openTestStores);
chatParticipantsSuite(openTestStores);
chatListSuite(openTestStores);

describe('chat store: accounts that were switched off', () => {
  it('cannot be brought into a chat', async () => {
    const stores = await openTestStores();
    try {
      const [ada, off] = await people(stores, 2);
      if (ada === undefined || off === undefined) throw new Error('two people');
      const { users } = stores.sql.tables;
      await stores.sql.transaction((tx) => tx.db.update(users).set({ isActive: false }).where(eq(users.id, off.id)));
      const { chat } = await group(stores, [ada]);
      await expectCode(group(stores, [ada, off]), 'unknown_participants');
      await expectCode(stores.chats.openDirect(ada.id, off.id), 'unknown_participants');
      await expectCode(stores.chats.addParticipants(chat.id, ada.id, [off.id]), 'unknown_participants');
      expect((await stores.chats.view(chat.id, ada.id)).chat).to.deep.equal(chat);
    } finally {
      await stores.close();
    }
  });
});
