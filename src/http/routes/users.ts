import { presentToken, presentUser } from '../../presenters/users.js';
import { LIMITS } from '../../protocol/limits.js';
import { loginBody, registerBody, searchQuery, updateMeBody } from '../schemas/users.js';
import { publicRoute, route, UPDATE, type Route } from './route.js';

const USERS = '/api/v1/users';

export function userRoutes(passwordMinLength: number): readonly Route[] {
  return [
    publicRoute({
      method: 'POST',
      path: `${USERS}/register`,
      body: registerBody(passwordMinLength),
      async handler({ body, origin }, { users }) {
        const { username, email, password } = body;
        const account = { username, email, password, fullName: body.full_name ?? null };
        const { user, access } = await users.register(account, origin);
        return { status: 201, body: { ...presentUser(user, user.id), ...presentToken(access) } };
      },
    }),
    publicRoute({
      method: 'POST',
      path: `${USERS}/login`,
      body: loginBody,
      handler: async ({ body, origin }, { users }) => ({ body: presentToken(await users.login(body, origin)) }),
    }),
    route({
      method: 'GET',
      path: `${USERS}/me`,
      work: 'read',
      handler: async ({ actor }, { users }) => ({ body: presentUser(await users.me(actor), actor.userId) }),
    }),
    route({
      method: UPDATE,
      path: `${USERS}/me`,
      work: 'edit',
      body: updateMeBody,
      async handler({ actor, body }, { users }) {
        const change = {
          ...(body.email === undefined ? {} : { email: body.email }),
          ...(body.full_name === undefined ? {} : { fullName: body.full_name }),
        };
        return { body: presentUser(await users.updateMe(actor, change), actor.userId) };
      },
    }),
    route({
      method: 'GET',
      path: `${USERS}/search`,
      work: 'search',
      query: searchQuery,
      async handler({ actor, query }, { users }) {
        const found = await users.search(actor, query.q ?? '', query.limit ?? LIMITS.searchLimitDefault);
        return { body: found.map((user) => presentUser(user, actor.userId)) };
      },
    }),
    route({
      method: 'GET',
      path: `${USERS}/:user_id`,
      work: 'read',
      async handler({ actor, params }, { users }) {
        return { body: presentUser(await users.get(actor, params.user_id), actor.userId) };
      },
    }),
  ];
}
