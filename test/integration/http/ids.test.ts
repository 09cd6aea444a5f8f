import { expect } from 'chai';
import { requestText, sendRaw } from '../../helpers/raw-http.js';
import { bodyOf, idsOf, OPERATIONS, pathOf, startWorld, together, type Ids, type World } from './world.js';

/** What is no id, as it stands in a path. `5` is always the id of a real object. */
function notIds(real: number): string[] {
  return [
    '0', '-1', `-${real}`, `${real}.0`, `${real}.5`, `${real}e0`, '1e3', '0x10', `+${real}`, `0${real}`, `%20${real}`, `${real}%20`,
    `%3${String(real).charAt(0)}${String(real).slice(1)}`, '%EF%BC%91', '９'.slice(0, 1), `${real},${real}`, `${real};x=1`, 'null', 'NaN',
    'undefined', 'true', '[]', `${real}%00`, `${real}%2F`, '9007199254740992', '9007199254740993', '9223372036854775808',
    '18446744073709551617', `${'1'.repeat(40)}`, `${2 ** 32 + real}`, 'me2', '*', `${real}'`, `${real}--`, `${real}%0a`, '%', '%u0031',
  ]; // prettier-ignore
}

describe('ids in paths', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const withIds = OPERATIONS.filter(({ path, access }) => path.includes(':') && access === 'private');
  for (const operation of withIds) {
    const names = ['chat_id', 'message_id', 'user_id'].filter((name) => operation.path.includes(`:${name}`));
    for (const name of names as (keyof Ids)[]) {
      it(`${operation.name} finds nothing by a malformed ${name}`, async () => {
        const ids = idsOf(world);
        const options = {
          token: world.alice.token,
          ...(operation.readsBody ? { json: bodyOf(operation, world) } : {}),
        };
        await together(notIds(Number(ids[name])), async (text) => {
          const path = pathOf(operation, { ...ids, [name]: text });
          const answer = await world.client.call(operation.method, path, options);
          expect(answer.status, path).to.be.oneOf([400, 404, 405]);
          expect(answer.text.length).to.be.at.most(1_024);
        });
        const spaced = pathOf(operation, { ...ids, [name]: ` ${ids[name]} ` });
        const headers = { Authorization: `Bearer ${world.alice.token}` };
        const raw = await sendRaw(world.app.url, requestText(operation.method, spaced, headers));
        expect(raw.status).to.be.oneOf([400, 404, 505, null]);
      });
    }
  }

  it('answers a malformed id like one that nobody has', async () => {
    const as = world.client.as(world.alice);
    const pairs = [
      ['/chats/0', '/chats/4000000000000000'],
      ['/users/05', '/users/4000000000000000'],
      ['/messages/1e3', '/messages/4000000000000000'],
      ['/messages/chat/+1', '/messages/chat/4000000000000000'],
      ['/ws/chat/0/online', '/ws/chat/4000000000000000/online'],
    ];
    for (const [malformed, unknown] of pairs) {
      expect((await as.get(malformed ?? '')).text).to.equal((await as.get(unknown ?? '')).text);
    }
  });
});
