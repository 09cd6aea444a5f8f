import { expect } from 'chai';
import { v7 } from 'uuid';
import type { BodyReferences } from '../../src/ports/body-references.js';
import type { ListedBody } from '../../src/ports/body-store.js';
import { at, group, people, send, type ChatStores } from './chat-store.fixtures.js';

export type OpenReferences = () => Promise<ChatStores & { readonly references: BodyReferences }>;

/** What ports/body-references.ts promises. */
export function bodyReferencesSuite(open: OpenReferences): void {
  describe('body references', () => {
    let stores: Awaited<ReturnType<OpenReferences>>;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const unknown = (chatId: number): ListedBody => {
      const id = v7({}, new Uint8Array(16));
      return { id, messageId: id, chatId };
    };

    async function standings(chatId: number, bodies: readonly ListedBody[]): Promise<readonly string[]> {
      const plain = await stores.references.examine(bodies);
      const locked = await stores.references.examineLocked(chatId, bodies);
      expect(locked.standings).to.deep.equal(plain);
      expect(Math.abs(locked.now.getTime() - (await stores.references.now()).getTime())).to.be.below(10_000);
      return plain;
    }

    it('tells the bodies of messages, edits and deletions from those that nothing names', async () => {
      const users = await people(stores, 1);
      const ada = at(users, 0);
      const { chat } = await group(stores, users);
      const kept = await send(stores, chat.id, ada, 'kept');
      const gone = await send(stores, chat.id, ada, 'gone');
      await stores.messages.edit({ messageId: kept.id, actorId: ada.id, content: 'edited' });
      await stores.messages.remove(gone.id, ada.id);
      const { bodies } = await stores.bodies.walk(null, 100);
      expect(bodies).to.have.lengthOf(3);
      const all = [unknown(chat.id), ...bodies, unknown(chat.id)];
      expect(await standings(chat.id, all)).to.deep.equal(['unnamed', 'named', 'named', 'named', 'unnamed']);
      const due = await stores.oldBodies.due(await stores.oldBodies.now(), 10);
      expect(due).to.have.lengthOf(1);
      const ids = due.map((filed) => filed.bodyId);
      await stores.oldBodies.markErased(ids, new Date());
      const after = await standings(chat.id, bodies);
      expect([...after].sort()).to.deep.equal(['erased', 'named', 'named']);
      const index = bodies.findIndex(({ id }) => Buffer.from(id).equals(at(ids, 0)));
      expect(after[index]).to.equal('erased');
    });

    it('finds a first body by its own id where the message it names is wrong', async () => {
      const users = await people(stores, 1);
      const { chat } = await group(stores, users);
      await send(stores, chat.id, at(users, 0), 'one');
      const { bodies } = await stores.bodies.walk(null, 100);
      const altered = bodies.map((body) => ({ ...body, messageId: unknown(1).id }));
      expect(await standings(chat.id, altered)).to.deep.equal(['named']);
    });

    it('finds the body of an edit in the rows of its chat, whatever message it names', async () => {
      const users = await people(stores, 1);
      const ada = at(users, 0);
      const { chat } = await group(stores, users);
      const edited = await send(stores, chat.id, ada, 'one');
      await send(stores, chat.id, ada, 'two');
      await stores.messages.edit({ messageId: edited.id, actorId: ada.id, content: 'one, edited' });
      const { bodies } = await stores.bodies.walk(null, 100);
      const [second, third] = [at(bodies, 1), at(bodies, 2)];
      for (const messageId of [unknown(1).id, second.messageId, third.id]) {
        const altered = { ...third, messageId };
        const { standings } = await stores.references.examineLocked(chat.id, [unknown(chat.id), altered, second]);
        expect(standings).to.deep.equal(['unnamed', 'misnamed', 'named']);
      }
      await stores.messages.remove(edited.id, ada.id);
      // Filed, and no row's any more.
      expect(await standings(chat.id, [{ ...third, messageId: unknown(1).id }])).to.deep.equal(['named']);
    });

    it('answers for chats that do not exist, and for nothing', async () => {
      expect(await standings(987_654, [unknown(987_654)])).to.deep.equal(['unnamed']);
      expect(await standings(987_654, [])).to.deep.equal([]);
    });
  });
}
