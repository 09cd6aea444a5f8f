import { expect } from 'chai';
import type { Schema } from 'yup';
import { buildRoutes, describeRoutes } from '../../src/http/routes/index.js';
import { changesBody } from '../../src/http/schemas/changes.js';
import {
  addParticipantsBody,
  createChatBody,
  markReadBody,
  removeParticipantBody,
  renameBody,
  setAdminBody,
} from '../../src/http/schemas/chats.js';
import { editBody, sendBody } from '../../src/http/schemas/messages.js';
import { loginBody, registerBody, updateMeBody } from '../../src/http/schemas/users.js';
import { validate } from '../../src/protocol/validate.js';
import { COMMAND_TYPES } from '../../src/ws/commands/index.js';
import { blocksOf, rowsOf } from './pages.js';
import { playScene, type Scene } from './scenario.js';
import { shapeOf } from './shape.js';

const PAGE = 'docs/PROTOCOL.md';
const MIN_PASSWORD = 8;

/** What checks each body; a route that reads one and is missing here fails the test. */
const BODIES: Readonly<Record<string, Schema & { readonly fields: object }>> = {
  'POST /api/v1/users/register': registerBody(MIN_PASSWORD),
  'POST /api/v1/users/login': loginBody,
  'PUT /api/v1/users/me': updateMeBody,
  'POST /api/v1/chats': createChatBody,
  'PUT /api/v1/chats/{chat_id}': renameBody,
  'PUT /api/v1/chats/{chat_id}/read': markReadBody,
  'POST /api/v1/changes': changesBody,
  'POST /api/v1/chats/{chat_id}/participants': addParticipantsBody,
  'DELETE /api/v1/chats/{chat_id}/participants': removeParticipantBody,
  'PUT /api/v1/chats/{chat_id}/participants/{user_id}': setAdminBody,
  'POST /api/v1/messages': sendBody,
  'PUT /api/v1/messages/{message_id}': editBody,
};

const blocks = blocksOf(PAGE);
const labelled = (label: string): readonly { readonly label: string; readonly value: Record<string, unknown> }[] =>
  blocks
    .filter((block) => block.language === 'json' && block.label.split('=')[0] === label)
    .map((block) => ({ label: block.label.slice(label.length + 1), value: JSON.parse(block.text) as never }));

describe('docs/PROTOCOL.md: routes', () => {
  const rows = rowsOf(PAGE).filter(([name = '']) => /^`[A-Z, ]+ \/.*`$/.test(name));
  const served = describeRoutes(buildRoutes({ passwordMinLength: MIN_PASSWORD }));
  const ACCESS = { public: 'public', private: 'token', operator: 'key', upgrade: 'socket' } as const;

  it('lists exactly the routes that are served, each with its access', () => {
    const listed = rows.map(([name = '', access]) => `${name.slice(1, -1)} ${access}`);
    const expected = served.map(({ methods, path, access }) => {
      return `${methods.join(', ')} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${ACCESS[access]}`;
    });
    expect(listed).to.have.members(expected);
  });

  it('names the fields of every body', () => {
    for (const [name = '', , body = ''] of rows) {
      const route = name.slice(1, -1).replace(', PATCH', '');
      const named = Array.from(body.matchAll(/`(\w+)\??`/g), ([, field]) => field);
      expect(named, route).to.have.members(Object.keys(BODIES[route]?.fields ?? {}));
      const optional = Array.from(body.matchAll(/`(\w+)\?`/g), ([, field]) => field);
      const required = named.filter((field) => !optional.includes(field));
      const missing = BODIES[route] === undefined ? [] : missingOf(BODIES[route]);
      expect(required, route).to.have.members(missing);
    }
  });

  it('shows a body that is accepted for every route that reads one', () => {
    const examples = labelled('request');
    const readers = served.filter(({ readsBody }) => readsBody);
    const names = readers.map(({ methods, path }) => `${methods[0]} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(examples.map(({ label }) => label)).to.have.members(names);
    expect(Object.keys(BODIES)).to.have.members(names);
    for (const { label, value } of examples) {
      const schema = BODIES[label];
      if (schema !== undefined) expect(validate(schema, value), label).to.have.property('ok', true);
    }
  });
});

describe('docs/PROTOCOL.md: examples against a running server', () => {
  let scene: Scene;
  before(async function () {
    this.timeout(60_000);
    scene = await playScene();
  });
  after(() => scene.stop());

  it('answers and frames have the keys and types of real ones', () => {
    const shown = [
      ...labelled('answer'),
      ...labelled('frame').map(({ value }) => ({ label: String(value['type']), value })),
    ];
    for (const { label, value } of shown) {
      const real = scene.samples.of(label).map(shapeOf);
      expect(real, `${label}: ${shapeOf(value)}`).to.include(shapeOf(value));
    }
  });

  it('everything that the server has said has an example', () => {
    const shown = [...labelled('answer').map(({ label }) => label), ...labelled('frame').map((f) => f.value['type'])];
    expect([...new Set(shown)]).to.have.members(scene.samples.names());
  });

  it('constant answers are shown word for word', () => {
    for (const name of ['root', 'info', 'live', 'ready', 'added', 'problem', 'problem_fields']) {
      const example = labelled('answer').find(({ label }) => label === name);
      expect(scene.samples.of(name), name).to.deep.include(example?.value);
    }
  });

  it('client frames are accepted, and there is one of every type', async () => {
    const { socket, chatId } = scene;
    const commands = labelled('command').map(({ value }) => value);
    expect([...new Set(commands.map(({ type }) => type))]).to.have.members([...COMMAND_TYPES]);
    const before = socket.frames.length;
    for (const command of commands) socket.send({ ...command, ...('chat_id' in command ? { chat_id: chatId } : {}) });
    const replyTo = { message: 'ack', read: 'ack', ping: 'pong' } as const;
    for (const { type, id } of commands) {
      const wanted = replyTo[type as keyof typeof replyTo] as string | undefined;
      if (wanted !== undefined) await socket.next((frame) => frame['type'] === wanted && frame['id'] === id);
    }
    const errors = socket.frames.slice(before).filter(({ type }) => type === 'error');
    expect(errors).to.deep.equal([]);
    // The page names a data set that is not this one.
    const last = await socket.next(({ type, id }) => type === 'resync_required' && id === 3);
    expect(last).to.include({ reason: 'other_epoch', chat_id: chatId });
  });

  it('frames of a socket for all chats are accepted', async () => {
    const { inbox, chatId } = scene;
    const commands = labelled('inbox-command').map(({ value }) => value);
    expect(commands.map(({ type }) => type)).to.deep.equal(['resume', 'message']);
    const before = inbox.frames.length;
    for (const command of commands) inbox.send({ ...command, ...('chat_id' in command ? { chat_id: chatId } : {}) });
    await inbox.next(({ type, id }) => type === 'inbox_ready' && id === 1);
    await inbox.next(({ type, id }) => type === 'ack' && id === 2);
    expect(inbox.frames.slice(before).filter(({ type }) => type === 'error')).to.deep.equal([]);
  });
});

/** The fields that an empty body is told to have. */
function missingOf(schema: Schema): readonly string[] {
  const verdict = validate(schema, {});
  return verdict.ok ? [] : verdict.problems.map(({ path }) => path);
}
