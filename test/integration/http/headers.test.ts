import { expect } from 'chai';
import { ERROR_CODES, type ErrorCode } from '../../../src/protocol/error-codes.js';
import type { ProblemResource, UserResource } from '../../../src/protocol/resources.js';
import type { Answer } from '../../helpers/client.js';
import { requestText, sendRaw } from '../../helpers/raw-http.js';
import { bodyOf, idsOf, OPERATIONS, pathOf, startWorld, type World } from './world.js';

const ORIGIN = 'https://chat.example.org';

describe('headers and errors', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ env: { CORS_ORIGINS: `${ORIGIN},http://localhost:5173` } });
  });
  after(() => world.app.stop());

  /** Answers of every class: each operation as its user, as nobody, and with a body that is wrong. */
  async function everyAnswer(): Promise<Answer<unknown>[]> {
    const answers: Answer<unknown>[] = [];
    for (const operation of OPERATIONS) {
      const path = pathOf(operation, idsOf(world));
      const json = operation.readsBody && operation.method !== 'DELETE' ? { json: bodyOf(operation, world) } : {};
      const isHarmless = operation.method !== 'DELETE';
      if (isHarmless)
        answers.push(await world.client.call(operation.method, path, { token: world.alice.token, ...json }));
      answers.push(await world.client.call(operation.method, path, { ...json }));
      answers.push(await world.client.call('OPTIONS', path));
      if (operation.readsBody)
        answers.push(await world.client.call(operation.method, path, { token: world.alice.token, raw: '{' }));
    }
    answers.push(await world.client.call('GET', '/nothing/here'));
    return answers;
  }

  it('are on every answer', async () => {
    const answers = await everyAnswer();
    expect(answers.map((answer) => answer.status)).to.include.members([200, 201, 204, 400, 401, 404, 426]);
    for (const { headers } of answers) {
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('x-frame-options')).to.equal('DENY');
      expect(headers.get('content-security-policy')).to.match(/^default-src 'none'; ?frame-ancestors 'none'$/);
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).to.equal('same-origin');
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('vary')).to.match(/\bOrigin\b/);
      expect(headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
      for (const name of ['x-powered-by', 'etag', 'set-cookie', 'location']) {
        expect(headers.has(name), name).to.equal(false);
      }
    }
  });

  it('have one shape of error everywhere', async () => {
    const errors = (await everyAnswer()).filter((answer) => answer.status >= 400) as Answer<ProblemResource>[];
    expect(errors.length).to.be.above(40);
    for (const { status, headers, body, text } of errors) {
      expect(headers.get('content-type')).to.equal('application/problem+json');
      const { errors: list, ...problem } = body;
      expect(problem).to.have.all.keys('type', 'title', 'status', 'detail', 'code', 'instance');
      expect(ERROR_CODES).to.have.property(problem.code);
      const info = ERROR_CODES[problem.code as ErrorCode];
      expect(problem).to.include({
        status: info.status,
        title: info.title,
        type: `urn:parley:problem:${problem.code}`,
      });
      expect(status).to.equal(info.status);
      expect(problem.detail).to.be.a('string').and.not.equal('');
      if (status === 422) for (const error of list ?? []) expect(error).to.have.all.keys('path', 'code', 'message');
      expect(text.length).to.be.at.most(1_024);
      expect(text).not.to.match(
        /node_modules|\.ts\b|\.js\b|\bat \S+ \(|select |insert |sqlite|mysql|mongo|\d+\.\d+\.\d+/i,
      );
    }
  });

  it('give nobody the answer of somebody else', async () => {
    const users = [world.alice, world.bob, world.carol, world.mallory];
    const seed = Date.now() % 100_000;
    const asked = Array.from({ length: 200 }, (_, index) => users[(index * 7 + seed * (index % 5)) % users.length]);
    const answers = await Promise.all(
      asked.map((user) => world.client.call<UserResource>('GET', '/users/me', { token: user?.token ?? null })),
    );
    answers.forEach((answer, index) => expect(answer.body.id, `seed ${seed}`).to.equal(asked[index]?.id));
  });

  it('are of the right type', async () => {
    const answer = await world.client.call('GET', '/info');
    expect(answer.headers.get('content-type')).to.equal('application/json; charset=utf-8');
  });

  describe('CORS', () => {
    const ALLOW = 'access-control-allow-origin';
    const foreign = [
      'https://evil.example', 'null', '', 'https://chat.example.org.evil.example', 'https://evilchat.example.org',
      'https://chat.example.org:8443', 'http://chat.example.org', 'https://CHAT.example.org', 'https://chat.example.org.', 'https://chat.example.org/',
      'https://sub.chat.example.org', '*', 'http://localhost', 'https://chat.example.org, http://localhost:5173',
    ]; // prettier-ignore

    it('answer the origins of the list', async () => {
      for (const origin of [ORIGIN, 'http://localhost:5173']) {
        for (const path of ['/info', '/users/me', '/nothing']) {
          const answer = await world.client.call('GET', path, { headers: { origin } });
          expect(answer.headers.get(ALLOW)).to.equal(origin);
          expect(answer.headers.has('access-control-allow-credentials')).to.equal(false);
          expect(answer.headers.get('vary')).to.match(/\bOrigin\b/);
        }
      }
    });

    it('answer no other origin, and no request without one', async () => {
      for (const origin of foreign) {
        const text = requestText('GET', '/api/v1/info', origin === '' ? {} : { Origin: origin });
        const answer = await sendRaw(world.app.url, text);
        expect(answer.status).to.equal(200);
        expect(
          Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
          origin,
        ).to.deep.equal([]);
        expect(answer.headers['vary']).to.match(/\bOrigin\b/);
      }
    });

    it('answer preflights by the list', async () => {
      const preflight = (origin: string) =>
        world.client.call('OPTIONS', '/users/me', {
          headers: {
            origin,
            'access-control-request-method': 'PUT',
            'access-control-request-headers': 'authorization,x-evil,content-type',
          },
        });
      const allowed = await preflight(ORIGIN);
      expect(allowed.status).to.equal(204);
      expect(allowed.headers.get(ALLOW)).to.equal(ORIGIN);
      expect(allowed.headers.get('access-control-allow-methods')?.split(',')).to.include.members([
        'PUT',
        'PATCH',
        'DELETE',
      ]);
      expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase().split(',')).to.have.members([
        'authorization',
        'content-type',
      ]);
      for (const origin of foreign.filter((text) => text !== '')) {
        const refused = await preflight(origin);
        expect(refused.status).to.equal(204);
        expect(
          [...refused.headers.keys()].filter((name) => name.startsWith('access-control')),
          origin,
        ).to.deep.equal([]);
      }
    });
  });
});
