import type { Schema } from 'yup';
import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ReadShare } from '../../ports/read-share.js';
import type { Limiter, Work } from '../../ports/limiter.js';
import type { ErrorCode, FieldProblem } from '../../protocol/error-codes.js';
import { parseId } from '../../protocol/limits.js';
import { validate } from '../../protocol/validate.js';
import type { Origin, Services } from '../../services/services.js';
import { parseQuery, type QuerySchema } from '../query.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler answers; the status is 200 unless it says otherwise. */
export interface Reply {
  readonly status?: number;
  readonly body: object;
}

/** A request as the router hands it over: raw, apart from who asks and from where. */
export interface Exchange {
  readonly actor: Identity | null;
  readonly origin: Origin;
  readonly params: Readonly<Record<string, string>>;
  readonly rawQuery: string;
  readonly body: unknown;
  readonly share: ReadShare;
}

/** The names after `:` in a path. */
type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** A request as a handler sees it: every part has been checked. */
export interface RouteRequest<Path extends string, Body, Query, Actor> {
  readonly actor: Actor;
  readonly origin: Origin;
  /** Ids, all of them. */
  readonly params: Readonly<Record<ParamNames<Path>, number>>;
  readonly body: Body;
  readonly query: Query;
  /** What the answer may cost, for handlers whose answers can be large. */
  readonly share: ReadShare;
}

interface RouteSpec<Path extends string, Body, Query, Actor> {
  readonly method: Method | readonly Method[];
  /** Without the trailing slash; both forms are served. */
  readonly path: Path;
  readonly body?: Schema<Body>;
  readonly query?: QuerySchema<Query>;
  /** What an id that is none answers, where it is not what its name says. */
  readonly notFound?: Partial<Record<ParamNames<Path>, ErrorCode>>;
  readonly handler: (request: RouteRequest<Path, Body, Query, Actor>, services: Services) => Promise<Reply> | Reply;
}

/** What a route for who is logged in says besides. */
interface PrivateSpec<Path extends string, Body, Query> extends RouteSpec<Path, Body, Query, Identity> {
  /** Whose limit a request of it takes from. */
  readonly work: Work;
  /** The text that is kept of the body: its bytes count as well. */
  readonly keeps?: (body: Body) => string;
}

/** A line of the route table. */
export interface Route {
  readonly methods: readonly Method[];
  readonly path: string;
  /**
   * `operator`: for who runs the server, by a token of its settings. `upgrade`: a WebSocket's address, which answers plain
   * HTTP with 426 whoever asks.
   */
  readonly access: 'public' | 'private' | 'operator' | 'upgrade';
  /** null: nobody is known whose work it could be. */
  readonly work: Work | null;
  readonly readsBody: boolean;
  /** Checks every part of the request, then calls the handler. The call itself has been taken from its limit. */
  readonly run: (exchange: Exchange, deps: RouteDeps) => Promise<Reply>;
}

export interface RouteDeps {
  readonly services: Services;
  readonly limiter: Limiter;
}

/** An update route answers PUT and PATCH alike. */
export const UPDATE = ['PUT', 'PATCH'] as const;

const NOT_FOUND: Readonly<Record<string, ErrorCode>> = {
  chat_id: 'chat_not_found',
  message_id: 'message_not_found',
  user_id: 'user_not_found',
};

/** A route for who is logged in: the rule. */
export function route<const Path extends string, Body, Query>(spec: PrivateSpec<Path, Body, Query>): Route {
  const { work, keeps } = spec;
  if (keeps === undefined) return { ...build(spec, 'private', requireActor), work };
  const charge: Charge<Body, Identity> = (actor, body, limiter) =>
    limiter.takeBytes(actor.userId, work, Buffer.byteLength(keeps(body)));
  return { ...build(spec, 'private', requireActor, charge), work };
}

/** A route for those who run the server. */
export function operatorRoute<const Path extends string, Body, Query>(spec: RouteSpec<Path, Body, Query, null>): Route {
  return build(spec, 'operator', () => null);
}

/** A route for everyone: the exception, pinned by a test. */
export function publicRoute<const Path extends string, Body, Query>(spec: RouteSpec<Path, Body, Query, null>): Route {
  return build(spec, 'public', () => null);
}

type Charge<Body, Actor> = (actor: Actor, body: Body, limiter: Limiter) => Promise<void> | undefined;

function build<Path extends string, Body, Query, Actor>(
  spec: RouteSpec<Path, Body, Query, Actor>,
  access: Route['access'],
  actorOf: (exchange: Exchange) => Actor,
  charge: Charge<Body, Actor> = () => undefined,
): Route {
  return {
    methods: typeof spec.method === 'string' ? [spec.method] : spec.method,
    path: spec.path,
    access,
    work: null,
    readsBody: spec.body !== undefined,
    run: async (exchange, { services, limiter }) => {
      const actor = actorOf(exchange);
      const params = parseParams(spec, exchange.params);
      const { query, body } = parseInput(spec, exchange);
      const charged = charge(actor, body, limiter);
      if (charged !== undefined) await charged;
      const { origin, share } = exchange;
      return spec.handler({ actor, origin, params, query, body, share }, services);
    },
  };
}

/** The router has let nobody else through; a table that forgot to ask must not pass. */
function requireActor(exchange: Exchange): Identity {
  if (exchange.actor === null) throw new AppError('not_authenticated');
  return exchange.actor;
}

/** Anything but a canonical id names nothing, which is what the object that it does not name would have answered. */
function parseParams<Path extends string>(
  spec: Pick<RouteSpec<Path, never, never, never>, 'notFound'>,
  raw: Exchange['params'],
): Readonly<Record<ParamNames<Path>, number>> {
  const overrides: Readonly<Record<string, ErrorCode | undefined>> = spec.notFound ?? {};
  const entries = Object.entries(raw).map(([name, text]): [string, number] => {
    const id = parseId(text);
    if (id === null) throw new AppError(overrides[name] ?? NOT_FOUND[name] ?? 'not_found');
    return [name, id];
  });
  return Object.fromEntries(entries) as Record<ParamNames<Path>, number>;
}

/** Problems of query and body are told together. */
function parseInput<Body, Query>(
  spec: { readonly body?: Schema<Body>; readonly query?: QuerySchema<Query> },
  exchange: Exchange,
): { query: Query; body: Body } {
  const query = parseQuery(spec.query, exchange.rawQuery);
  const body =
    spec.body === undefined ? { ok: true as const, value: undefined as Body } : validate(spec.body, exchange.body);
  if (query.ok && body.ok) return { query: query.value, body: body.value };
  const problems: FieldProblem[] = [...(query.ok ? [] : query.problems), ...(body.ok ? [] : body.problems)];
  throw new AppError('validation_failed', { errors: problems });
}
