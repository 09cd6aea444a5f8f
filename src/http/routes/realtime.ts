import { AppError } from '../../domain/errors.js';
import { presentSocketStats } from '../../presenters/stats.js';
import { route, type Route } from './route.js';

const SOCKETS = '/api/v1/ws';

export const realtimeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: `${SOCKETS}/stats`,
    work: 'read',
    handler(_request, { realtime }) {
      return { body: presentSocketStats(realtime.stats()) };
    },
  }),
  route({
    method: 'GET',
    path: `${SOCKETS}/chat/:chat_id/online`,
    work: 'read',
    async handler({ actor, params }, { chats }) {
      const online = await chats.online(actor, params.chat_id);
      const users = online.map(({ id, username, fullName }) => ({ id, username, full_name: fullName }));
      return { body: { chat_id: params.chat_id, online_users: users, count: users.length } };
    },
  }),
  // Upgrades never get here. What does has lost its Upgrade header on the way, its token is in the query as ever, and
  // only this answer tells its operator what the proxy in between does wrong.
  upgradeOnly(SOCKETS),
  upgradeOnly(`${SOCKETS}/:chat_id`),
];

function upgradeOnly(path: string): Route {
  const run = (): Promise<never> => Promise.reject(new AppError('upgrade_required'));
  return { methods: ['GET'], path, access: 'upgrade', work: null, readsBody: false, run };
}
