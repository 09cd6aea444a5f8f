import type { ChatDeps } from './chats/index.js';
import { createChatServices } from './chats/index.js';
import type { MessageDeps } from './messages/index.js';
import { createMessageServices } from './messages/index.js';
import { createParticipantServices } from './participants/index.js';
import { createRealtimeServices } from './realtime/index.js';
import { createReadShares } from './reading/read-shares.js';
import type { Services } from './services.js';
import { createSystemServices } from './system/index.js';
import { authenticate, login, register, type AccountDeps } from './users/accounts.js';
import { getUser, searchUsers, me, updateMe } from './users/profile.js';

export type ServiceDeps = AccountDeps &
  ChatDeps &
  MessageDeps &
  Parameters<typeof createRealtimeServices>[0] &
  Parameters<typeof createSystemServices>[0];

export function createServices(deps: ServiceDeps): Services {
  return {
    users: {
      register: (input, origin) => register(deps, input, origin),
      login: (input, origin) => login(deps, input, origin),
      authenticate: (token) => authenticate(deps, token),
      me: (actor) => me(deps, actor),
      updateMe: (actor, change) => updateMe(deps, actor, change),
      search: (_actor, query, limit) => searchUsers(deps.users, query, limit),
      get: (_actor, userId) => getUser(deps.users, userId),
    },
    chats: createChatServices(deps),
    participants: createParticipantServices(deps),
    messages: createMessageServices(deps),
    realtime: createRealtimeServices(deps),
    reading: createReadShares(),
    system: createSystemServices(deps),
  };
}
