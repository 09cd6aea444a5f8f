import { expect } from 'chai';
import { buildRoutes, describeRoutes } from '../../src/http/routes/index.js';
import { COMMAND_TYPES, commandOf } from '../../src/ws/commands/index.js';

// What anybody on the network reaches. A line that appears here is a decision, not an accident.
const PUBLIC = [
  'GET /',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /api/v1/info',
  'POST /api/v1/users/register',
  'POST /api/v1/users/login',
];

describe('the surface', () => {
  const routes = describeRoutes(buildRoutes({ passwordMinLength: 8 }));
  const namesOf = (access: string): string[] =>
    routes
      .filter((route) => route.access === access)
      .flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));

  it('public routes are these and no more', () => {
    expect(namesOf('public')).to.have.members(PUBLIC);
    expect(namesOf('operator')).to.deep.equal(['GET /api/v1/stats']);
    expect(namesOf('upgrade')).to.deep.equal(['GET /api/v1/ws', 'GET /api/v1/ws/:chat_id']);
  });

  it('private routes are those of the contract', () => {
    expect(namesOf('private')).to.have.members([
      'GET /api/v1/users/me',
      'PUT /api/v1/users/me',
      'PATCH /api/v1/users/me',
      'GET /api/v1/users/search',
      'GET /api/v1/users/:user_id',
      'POST /api/v1/chats',
      'GET /api/v1/chats',
      'GET /api/v1/chats/:chat_id',
      'PUT /api/v1/chats/:chat_id',
      'PATCH /api/v1/chats/:chat_id',
      'DELETE /api/v1/chats/:chat_id',
      'PUT /api/v1/chats/:chat_id/read',
      'PATCH /api/v1/chats/:chat_id/read',
      'GET /api/v1/chats/:chat_id/changes',
      'POST /api/v1/changes',
      'GET /api/v1/chats/:chat_id/participants',
      'POST /api/v1/chats/:chat_id/participants',
      'DELETE /api/v1/chats/:chat_id/participants',
      'PUT /api/v1/chats/:chat_id/participants/:user_id',
      'PATCH /api/v1/chats/:chat_id/participants/:user_id',
      'DELETE /api/v1/chats/:chat_id/participants/:user_id',
      'POST /api/v1/messages',
      'GET /api/v1/messages/chat/:chat_id',
      'GET /api/v1/messages/:message_id',
      'PUT /api/v1/messages/:message_id',
      'PATCH /api/v1/messages/:message_id',
      'DELETE /api/v1/messages/:message_id',
      'GET /api/v1/ws/stats',
      'GET /api/v1/ws/chat/:chat_id/online',
    ]);
  });

  // What an account may have done in a time is bounded for each kind of work. A line that moves is a decision too.
  it('every private route takes from one limit, and no other route from any', () => {
    const byWork: Record<string, string[]> = {};
    for (const { methods, path, access, work } of routes) {
      expect(work === null, `${methods.join()} ${path}`).to.equal(access !== 'private');
      if (work !== null) (byWork[work] ??= []).push(`${methods.join('|')} ${path.replace('/api/v1', '')}`);
    }
    expect(byWork).to.deep.equal({
      send: ['POST /messages'],
      edit: [
        'PUT|PATCH /users/me',
        'PUT|PATCH /chats/:chat_id',
        'DELETE /chats/:chat_id',
        'PUT|PATCH /messages/:message_id',
        'DELETE /messages/:message_id',
      ],
      create_chat: ['POST /chats'],
      add_people: [
        'POST /chats/:chat_id/participants',
        'DELETE /chats/:chat_id/participants',
        'DELETE /chats/:chat_id/participants/:user_id',
        'PUT|PATCH /chats/:chat_id/participants/:user_id',
      ],
      read: [
        'GET /users/me',
        'GET /users/:user_id',
        'GET /chats',
        'GET /chats/:chat_id',
        'PUT|PATCH /chats/:chat_id/read',
        'GET /chats/:chat_id/participants',
        'GET /messages/chat/:chat_id',
        'GET /messages/:message_id',
        'GET /ws/stats',
        'GET /ws/chat/:chat_id/online',
      ],
      search: ['GET /users/search'],
      changes: ['GET /chats/:chat_id/changes', 'POST /changes'],
    });
  });

  it('every socket command takes from one limit but ping, which does nothing', () => {
    const works = COMMAND_TYPES.map((type) => [type, commandOf(type).work]);
    expect(Object.fromEntries(works)).to.deep.equal({
      message: 'send',
      typing: 'read',
      ping: null,
      read: 'read',
      resume: 'changes',
    });
  });

  it('socket commands are these and no more', () => {
    expect(COMMAND_TYPES).to.deep.equal(['message', 'typing', 'ping', 'read', 'resume']);
  });
});
