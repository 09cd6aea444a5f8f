import { METHODS } from 'node:http';
import { expect } from 'chai';
import { requestText, sendRaw } from '../../helpers/raw-http.js';
import { idsOf, OPERATIONS, pathOf, snapshot, startWorld, together, type World } from './world.js';

const PATHS = [...new Set(OPERATIONS.map((operation) => operation.path))];

function methodsOf(path: string): string[] {
  return OPERATIONS.filter((operation) => operation.path === path).map((operation) => operation.method);
}

/** `Allow` of a path, in no particular order. */
function allowOf(path: string): string[] {
  const methods = methodsOf(path);
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}

/** 505 is what a native listener calls a request line that it cannot read. */
const REFUSED = [400, 404, 414, 422, 431, 505, null];

describe('targets and methods', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const headers = () => ({ Authorization: `Bearer ${world.alice.token}` });
  const status = async (method: string, target: string): Promise<number | null> =>
    (await sendRaw(world.app.url, requestText(method, target, headers()))).status;

  // Both are answered by the protocol's machinery, not by a route.
  const tried = METHODS.filter((method) => method !== 'CONNECT' && method !== 'M-SEARCH');
  for (const path of PATHS) {
    it(`${path} refuses the methods it does not take`, async () => {
      const before = await snapshot(world);
      const target = pathOf({ path }, idsOf(world));
      const others = tried.filter((method) => !allowOf(path).includes(method));
      await together(others, async (method) => {
        for (const form of target === '/' ? [target] : [target, `${target}/`]) {
          const answer = await sendRaw(world.app.url, requestText(method, form, headers()));
          // A listener may refuse a method that it does not know before any route sees it.
          expect(answer.status, `${method} ${form}`).to.be.oneOf([405, 400, 501]);
          if (answer.status === 405) expect(answer.headers['allow']?.split(', ')).to.have.members(allowOf(path));
        }
      });
      expect(await snapshot(world)).to.equal(before);
    });

    it(`${path} tells OPTIONS what it takes`, async () => {
      const answer = await world.client.call('OPTIONS', pathOf({ path }, idsOf(world)));
      expect(answer.status).to.equal(204);
      expect(answer.headers.get('allow')?.split(', ')).to.have.members(allowOf(path));
      expect(answer.text).to.equal('');
    });
  }

  it('answers HEAD like GET, without the body', async () => {
    const gets = OPERATIONS.filter(({ method, access }) => method === 'GET' && access !== 'upgrade');
    for (const { path } of gets) {
      const target = pathOf({ path }, idsOf(world)) + (path.endsWith('search') ? '?q=al' : '');
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => world.client.call(method, target, { token: world.alice.token })),
      );
      expect(head?.status, target).to.equal(get?.status);
      expect(head?.text).to.equal('');
      expect(head?.headers.get('content-type')).to.equal(get?.headers.get('content-type'));
      expect(head?.headers.get('content-length')).to.equal(get?.headers.get('content-length'));
    }
    const missing = await world.client.call('HEAD', '/chats/4000000000000000', { token: world.alice.token });
    expect(missing.status).to.equal(404);
    expect(missing.text).to.equal('');
  });

  it('lets no header override the method', async () => {
    const override = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE', 'x-http-method': 'DELETE' };
    const path = `/messages/${world.message.id}`;
    const answer = await world.client.call('GET', path, { token: world.alice.token, headers: override });
    expect(answer.body).to.include({ id: world.message.id });
    expect(
      (await world.client.call('POST', path, { token: world.alice.token, headers: override, json: {} })).status,
    ).to.equal(405);
    expect((await world.client.call('GET', `${path}?_method=DELETE`, { token: world.alice.token })).status).to.equal(
      422,
    );
  });

  it('has one spelling of every path', async () => {
    const others = [
      '//api/v1/users/me', '/api//v1/users/me', '/api/v1/users//me', '/api/v1/users/me//', '/API/v1/users/me', '/api/v1/Users/me',
      '/api/v1/users/ME', '/api/v1/users/me/.', '/api/v1/users/./me', '/api/v1/chats/../users/me', '/api/v1/users/me/..', '/..', '/./',
      '/api/v1/users/%6de', '/api/v1/users%2Fme', '/api/v1/users/me%2F', '/api/v1/users/me;x=1', '/api/v1/users/me.json',
      '/api/v1/users/me%00', '/api/v1\\users\\me', '/api/v2/users/me', '/users/me', '/api/v1', '/api/v1/', '/api/v1/users',
      '/api/v1/chats/1/2', '/health/x', '/healthz', '/favicon.ico', '/.env', '/index.html', '/docs/', '/%2e%2e/etc/passwd',
    ]; // prettier-ignore
    for (const target of others) expect(await status('GET', target), target).to.be.oneOf([400, 404]);
    expect(await status('GET', '/api/v1/users/me')).to.equal(200);
    expect(await status('GET', '/api/v1/users/me/')).to.equal(200);
    expect(await status('GET', '/api/v1/users/me?')).to.equal(200);
  });

  it('survives targets and headers that nobody means', async () => {
    const targets = [
      '/%', '/%zz', '/%c3%28', '/%ff', '/api/v1/users/%00', '/api/v1/users/a%2Fb', '/?%', '/health?%zz', '/health?a=%ff',
      'health', '*', '/\u00e9', `/${'a'.repeat(5_000)}`, `/${'a'.repeat(100_000)}`,
      `/api/v1/users/search?q=${'a'.repeat(5_000)}`,
    ]; // prettier-ignore
    for (const target of targets) {
      const answer = await sendRaw(world.app.url, Buffer.from(requestText('GET', target, headers()), 'latin1'));
      expect(answer.status, target.slice(0, 60)).to.be.oneOf(REFUSED);
      expect(answer.body.length).to.be.at.most(1_100);
    }
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`X-Many-${index}`, 'x'.repeat(60)]));
    for (const extra of [many, { 'X-Large': 'x'.repeat(64 * 1_024) }]) {
      const answer = await sendRaw(world.app.url, requestText('GET', '/api/v1/info', extra));
      expect(answer.status).to.be.oneOf([400, 414, 431, null]);
    }
    expect(await status('GET', '/api/v1/users/me')).to.equal(200);
  });

  it('answers a socket address without an upgrade with 426, whoever asks', async () => {
    for (const target of [
      `/ws/${world.group.id}`,
      `/ws/${world.group.id}/`,
      `/ws/${world.group.id}?token=x`,
      '/ws/nothing',
    ]) {
      const answer = await world.client.call('GET', target);
      expect(answer.status).to.equal(426);
      expect(answer.headers.get('upgrade')).to.equal('websocket');
      expect(answer.body).to.include({ code: 'upgrade_required' });
    }
  });
});
