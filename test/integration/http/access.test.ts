import { expect } from 'chai';
import type { Answer } from '../../helpers/client.js';
import { bodyOf, idsOf, OPERATIONS, pathOf, PRIVATE, startWorld, type Operation, type World } from './world.js';

const PUBLIC = [
  'GET /',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'POST /api/v1/users/register',
  'POST /api/v1/users/login',
  'GET /api/v1/info',
];
/** No object has it. */
const NOBODY = 4_000_000_000_000_000;

describe('who may call what', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  it('has exactly the public routes that the contract lists', () => {
    const listed = OPERATIONS.filter((operation) => operation.public).map((operation) => operation.name);
    expect(listed).to.have.members(PUBLIC);
  });

  for (const operation of OPERATIONS) {
    const isPrivate = operation.access === 'private';
    it(`${operation.name} ${isPrivate ? 'is closed' : 'is open'} to the anonymous`, async () => {
      const path = pathOf(operation, idsOf(world));
      for (const form of path === '/' ? [path] : [path, `${path}/`]) {
        for (const token of [null, 'nonsense', `${world.alice.token}x`]) {
          const answer = await world.client.call(operation.method, form, { token });
          if (!isPrivate) {
            expect(answer.status).not.to.equal(401);
            continue;
          }
          expect(answer.status).to.equal(401);
          expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
          expect(answer.body).to.include({ detail: 'Could not validate credentials', code: 'not_authenticated' });
        }
      }
    });
  }

  const onObjects = PRIVATE.filter(
    ({ path }) => /:(chat_id|message_id)|messages$/.test(path) && path.includes('/api/'),
  );
  for (const operation of onObjects.filter((one) => one.readsBody || one.path.includes(':'))) {
    it(`${operation.name} answers an outsider as if there were nothing`, async () => {
      const real = await asOutsider(operation, { ...idsOf(world) });
      const none = await asOutsider(operation, { chat_id: NOBODY, message_id: NOBODY, user_id: world.bob.id });
      expect(real.status).to.equal(404);
      expect(real.text).to.equal(none.text);
      expect(comparable(real)).to.deep.equal(comparable(none));
    });
  }

  function asOutsider(
    operation: Operation,
    ids: { chat_id: number | string; message_id: number | string; user_id: number | string },
  ): Promise<Answer<unknown>> {
    const body = operation.readsBody ? { ...bodyOf(operation, world) } : undefined;
    if (body !== undefined && 'chat_id' in body) body['chat_id'] = ids.chat_id;
    const options = { token: world.mallory.token, ...(body === undefined ? {} : { json: body }) };
    return world.client.call(operation.method, pathOf(operation, ids), options);
  }
});

/** The headers, apart from the two that differ between any two answers. */
function comparable(answer: Answer<unknown>): [string, string][] {
  return [...answer.headers].filter(([name]) => name !== 'date' && name !== 'x-request-id');
}
