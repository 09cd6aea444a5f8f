import { AppError } from '../../domain/errors.js';
import { LIMITS } from '../../protocol/limits.js';
import { presentSystemStats } from '../../presenters/system-stats.js';
import { operatorRoute, publicRoute, type Route } from './route.js';

/** What `features` of /api/v1/info promises; a client asks here instead of comparing versions. */
const FEATURES = {
  direct_chat: true,
  group_chat: true,
  real_time_messaging: true,
  message_history: true,
  typing_indicators: true,
  online_status: true,
  message_editing: true,
  message_deduplication: true,
  history_cursors: true,
  read_watermarks: true,
  admin_controls: true,
} as const;

export const systemRoutes: readonly Route[] = [
  publicRoute({
    method: 'GET',
    path: '/',
    handler(_request, { system }) {
      const { name, version } = system.info();
      return { body: { message: `${name} chat service`, version, status: 'running' } };
    },
  }),
  publicRoute({
    method: 'GET',
    path: '/health',
    async handler(_request, { system }) {
      const { healthy, mysql, mongodb, warnings } = await system.health();
      if (healthy) {
        return { body: { status: 'healthy', mysql, mongodb, ...(warnings.length > 0 ? { warnings } : {}) } };
      }
      const down = Object.entries({ mysql, mongodb }).filter(([, state]) => state === 'down');
      const errors = down.map(([path]) => ({ path, code: 'down', message: 'Does not answer' }));
      throw new AppError('unhealthy', { errors });
    },
  }),
  publicRoute({ method: 'GET', path: '/health/live', handler: () => ({ body: { status: 'alive' } }) }),
  publicRoute({
    method: 'GET',
    path: '/health/ready',
    async handler(_request, { system }) {
      if (!(await system.ready())) throw new AppError('unhealthy', { detail: 'Service not ready' });
      return { body: { status: 'ready' } };
    },
  }),
  operatorRoute({
    method: 'GET',
    path: '/api/v1/stats',
    handler: async (_request, { system }) => ({ body: presentSystemStats(await system.stats()) }),
  }),
  publicRoute({
    method: 'GET',
    path: '/api/v1/info',
    handler(_request, { system }) {
      const { name, version, passwordMinLength } = system.info();
      const limits = {
        max_group_members: LIMITS.groupMembers,
        max_message_length: LIMITS.messageLength,
        min_username_length: LIMITS.usernameMin,
        max_username_length: LIMITS.usernameMax,
        min_password_length: passwordMinLength,
        max_password_length: LIMITS.passwordMax,
        max_page_size: LIMITS.pageLimitMax,
        max_body_bytes: LIMITS.bodyBytes,
        max_frame_bytes: LIMITS.frameBytes,
      };
      return { body: { name, version, features: FEATURES, limits } };
    },
  }),
];
