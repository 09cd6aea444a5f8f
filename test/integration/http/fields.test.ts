import { expect } from 'chai';
import type { ProblemResource } from '../../../src/protocol/resources.js';
import type { Answer } from '../../helpers/client.js';
import {
  bodyOf,
  idsOf,
  pathOf,
  snapshot,
  startWorld,
  together,
  WITH_BODY,
  type Operation,
  type World,
} from './world.js';

type Kind = 'text' | 'id' | 'number' | 'flag' | 'ids' | 'revs';

/** Every field that any body has: its kind, whether null is a value, whether it may be left out. */
const FIELDS: Readonly<Record<string, { kind: Kind; nullable?: true; optional?: true }>> = {
  username: { kind: 'text' },
  email: { kind: 'text' },
  full_name: { kind: 'text', nullable: true, optional: true },
  password: { kind: 'text' },
  chat_type: { kind: 'text' },
  name: { kind: 'text' },
  participant_ids: { kind: 'ids' },
  user_ids: { kind: 'ids' },
  user_id: { kind: 'id' },
  is_admin: { kind: 'flag' },
  seq: { kind: 'number' },
  chat_id: { kind: 'id' },
  content: { kind: 'text' },
  message_type: { kind: 'text', optional: true },
  client_message_id: { kind: 'text', optional: true },
  expected_version: { kind: 'number', optional: true },
  chats: { kind: 'revs' },
  epoch: { kind: 'text', optional: true },
  after_chat_id: { kind: 'number', optional: true },
  limit: { kind: 'number', optional: true },
};
/** Where a field is not what it is elsewhere. */
const EXCEPTIONS: Readonly<Record<string, { nullable?: true; optional?: true }>> = {
  'POST /api/v1/chats name': { nullable: true, optional: true },
  'PUT /api/v1/users/me email': { optional: true },
  'PATCH /api/v1/users/me email': { optional: true },
};

/** JSON texts that are no value of any field of that kind. */
const WRONG: Readonly<Record<Kind, readonly string[]>> = {
  text: ['true', '5', '0', '-0', '1e309', '[]', '["a"]', '{}', '{"$gt":""}', '{"length":5}', '""', '"\\ud800x"', '"x\\udc00"'],
  id: ['true', '"5"', '0', '-0', '-1', '1.5', '1e309', '-1e309', '9007199254740993', '9223372036854775808', '[]', '[5]', '{}', '{"$ne":null}', '"NaN"', '"2023-01-01T00:00:00Z"', '""', '"٥"'],
  number: ['true', '"5"', '-1', '-0', '1.5', '1e309', '9007199254740993', '[]', '[5]', '{}', '"NaN"', '"2023-01-01"', '""'],
  flag: ['1', '0', '"true"', '"false"', '""', '[]', '{}', '1e309'],
  ids: ['true', '5', '"5"', '{}', '{"0":5,"length":1}', '[]', '["5"]', '[null]', '[0]', '[-1]', '[1.5]', '[[5]]', '[{}]', '[true]', '[9007199254740993]'],
  revs: ['true', '5', '"5"', '[]', '[5]', '{"0":5}', '{"-1":5}', '{"1.5":5}', '{"1e3":5}', '{"05":5}', '{" 5":5}', '{"+5":5}', '{"٥":5}', '{"":5}', '{"a":5}', '{"9007199254740993":5}', '{"5":"5"}', '{"5":-1}', '{"5":-0}', '{"5":1.5}', '{"5":1e309}', '{"5":null}', '{"5":[5]}', '{"5":{"$gt":0}}', '{"5":true}'],
}; // prettier-ignore

/** Keys that answers have or stores know, and no command. */
const READ_ONLY = [
  'id',
  'sender_id',
  'rev',
  'version',
  'hashed_password',
  'created_at',
  'is_active',
  'is_deleted',
  'role',
  'last_seen',
];

const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

describe('fields of bodies', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  /** The sample body as JSON text with one field replaced. */
  function withField(body: Readonly<Record<string, unknown>>, field: string, json: string): string {
    const others = Object.entries(body).filter(([name]) => name !== field);
    return `{${[...others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`), `${JSON.stringify(field)}:${json}`].join(',')}}`;
  }

  function call(operation: Operation, raw: string): Promise<Answer<ProblemResource>> {
    const path = pathOf(operation, idsOf(world));
    return world.client.call<ProblemResource>(operation.method, path, { raw, token: world.alice.token });
  }

  function expectProblem(answer: Answer<ProblemResource>, field: string, sent: string): void {
    expect(answer.status, sent.slice(0, 200)).to.equal(422);
    expect(answer.body.code).to.equal('validation_failed');
    const paths = (answer.body.errors ?? []).map((error) => error.path.split(/[.[]/)[0]);
    expect(paths, sent.slice(0, 200)).to.include(field);
    expect(answer.text.length).to.be.at.most(1_024);
  }

  for (const operation of WITH_BODY) {
    it(`${operation.name} coerces nothing`, async () => {
      const body = bodyOf(operation, world);
      const before = await snapshot(world);
      for (const field of Object.keys(body)) {
        const known = FIELDS[field];
        if (known === undefined) throw new Error(`unknown field ${field}`);
        const here = EXCEPTIONS[`${operation.name} ${field}`];
        const wrong = [...WRONG[known.kind], ...((known.nullable ?? here?.nullable) ? [] : ['null'])];
        await together(wrong, async (json) => {
          const raw = withField(body, field, json);
          expectProblem(await call(operation, raw), field, raw);
        });
        if (known.optional ?? here?.optional) continue;
        const { [field]: _left, ...rest } = body;
        expectProblem(await call(operation, JSON.stringify(rest)), field, JSON.stringify(rest));
      }
      expect(await snapshot(world)).to.equal(before);
    });

    it(`${operation.name} takes no field but its own`, async () => {
      const body = bodyOf(operation, world);
      const before = await snapshot(world);
      const foreign = [...READ_ONLY, 'is_admin', 'seq'].filter((name) => !(name in body));
      await together(foreign, async (field) => {
        const raw = withField(body, field, '1');
        expectProblem(await call(operation, raw), field, raw);
      });
      expect(await snapshot(world)).to.equal(before);
    });

    it(`${operation.name} is not tripped up by inherited names`, async () => {
      const body = bodyOf(operation, world);
      const before = await snapshot(world);
      await together(INHERITED, async (name) => {
        expectProblem(await call(operation, withField(body, name, '{"polluted":true}')), name, name);
        for (const field of Object.keys(body)) {
          const answer = await call(operation, withField(body, field, `{"${name}":{"polluted":true}}`));
          expect(answer.status).to.equal(422);
        }
      });
      expect({}).not.to.have.property('polluted');
      expect(await snapshot(world)).to.equal(before);
    });

    it(`${operation.name} repeats nothing it was sent`, async () => {
      const body = bodyOf(operation, world);
      const canary = 'c4n4ryHunter2';
      await together(Object.keys(body), async (field) => {
        const nested = JSON.stringify({ [canary]: canary });
        const long = JSON.stringify([canary.repeat(11_000)]);
        for (const json of [nested, long, `"${canary}\\u0000"`]) {
          const answer = await call(operation, withField(body, field, json));
          if (answer.status < 400) continue;
          expect(answer.text).not.to.contain(canary);
          expect(answer.text.length).to.be.at.most(1_024);
        }
      });
      const answer = await call(operation, withField(body, canary, `"${canary}"`));
      expect(answer.status).to.equal(422);
      expect(answer.text).not.to.contain(canary);
      const logged = world.app.logs.filter((line) => line.includes(canary));
      expect(logged).to.deep.equal([]);
      for (const line of world.app.logs) expect(line.length).to.be.at.most(2_048);
    });
  }

  it('takes no name that deceives', async () => {
    const deceiving = [
      'a\\u0000b', 'a\\u0007b', 'a\\u0085b', 'a\\nb', 'a\\u2028b', 'a\\u202eb', 'a\\u2066b', '\\u200b\\u200b\\u200b', '   ', '\\u3164\\u3164\\u3164',
      `a${'\\u0301'.repeat(50)}`, 'a\\ud800b',
    ]; // prettier-ignore
    const named: [path: string, field: string, body: object][] = [
      [
        '/users/register',
        'full_name',
        { username: 'deceiver', email: 'deceiver@example.org', password: 'correct horse' },
      ],
      ['/users/register', 'username', { email: 'deceiver@example.org', password: 'correct horse' }],
      ['/users/register', 'email', { username: 'deceiver', password: 'correct horse' }],
      ['/chats', 'name', { chat_type: 'group', participant_ids: [world.bob.id] }],
    ];
    for (const [path, field, body] of named) {
      for (const text of deceiving) {
        const raw = withField({ ...body }, field, `"${text}"`);
        const answer = await world.client.call<ProblemResource>('POST', path, { raw, token: world.alice.token });
        expectProblem(answer, field, raw);
      }
    }
    const honest = ['Zoë Straße', '村上 春樹', 'محمد', 'नेहा', 'O’Neil-Smith', '👩‍👩‍👧 family', 'Nguyễn', 'می‌خواهم'];
    for (const full_name of honest) {
      const answer = await world.client.as(world.alice).put('/users/me', { full_name });
      expect(answer.body, full_name).to.include({ full_name });
    }
  });
});
