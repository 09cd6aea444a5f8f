import { changeRoutes } from './changes.js';
import { chatRoutes } from './chats.js';
import { messageRoutes } from './messages.js';
import { participantRoutes } from './participants.js';
import { realtimeRoutes } from './realtime.js';
import type { Method, Route } from './route.js';
import { systemRoutes } from './system.js';
import { userRoutes } from './users.js';

/** What the table says of a route without running it; documents and tests are generated from this. */
export interface RouteInfo {
  readonly methods: readonly Method[];
  /** With `:name` for ids; served with and without a trailing slash. */
  readonly path: string;
  /** Answers without a token. */
  readonly public: boolean;
  readonly access: Route['access'];
  /** Whose limit a request takes from; null where nobody is known. */
  readonly work: Route['work'];
  readonly readsBody: boolean;
}

/** The whole HTTP interface. Where two patterns fit a path, the first decides. */
export function buildRoutes(options: { readonly passwordMinLength: number }): readonly Route[] {
  return [
    ...systemRoutes,
    ...userRoutes(options.passwordMinLength),
    ...chatRoutes,
    ...changeRoutes,
    ...participantRoutes,
    ...messageRoutes,
    ...realtimeRoutes,
  ];
}

export function describeRoutes(routes: readonly Route[]): readonly RouteInfo[] {
  return routes.map(({ methods, path, access, work, readsBody }) => ({
    methods,
    path,
    public: access === 'public',
    access,
    work,
    readsBody,
  }));
}
