import type { Asked, CallLine, Confirmed, Dump, DumpedChat, DumpedMessage, Entry, Operation, Seen } from './entries.js';
import { sessionsOf, type Session } from './sessions.js';

/** One operation of a client from its question to its answer. */
export interface Call<O extends Operation = Operation> {
  readonly client: string;
  readonly user: number;
  readonly op: O;
  readonly asked: Asked[O];
  readonly start: number;
  /** Infinity: never answered. */
  readonly end: number;
  readonly outcome: 'ok' | 'fail' | 'info';
  /** null unless ok. */
  readonly got: Confirmed[O] | null;
  readonly code: string | null;
}

/** A message as someone saw it, and when: the truth it shows is one of between `start` and `end`. */
export interface Observation {
  readonly user: number;
  readonly client: string;
  /** Observations of one channel are in order; between channels there is none. */
  readonly channel: string;
  readonly how: 'list' | 'live' | 'replay' | 'view';
  readonly start: number;
  readonly end: number;
  readonly chat: number;
  readonly item: Seen;
}

/** All that the rules look at. */
export interface Model {
  readonly calls: readonly Call[];
  readonly sessions: readonly Session[];
  readonly observations: readonly Observation[];
  readonly quietAt: readonly number[];
  readonly dump: Dump;
  readonly rows: ReadonlyMap<number, DumpedMessage>;
  readonly chats: ReadonlyMap<number, DumpedChat>;
}

export function callsOf<O extends Operation>(model: Pick<Model, 'calls'>, op: O): readonly Call<O>[] {
  return model.calls.filter((call): call is Call & Call<O> => call.op === op);
}

/** The call happened for certain, or may have. */
export function mayHaveHappened(call: Call): boolean {
  return call.outcome !== 'fail';
}

export function buildModel(entries: readonly Entry[], dump: Dump): Model {
  const inOrder = [...entries].sort((a, b) => a.t - b.t);
  const sessions = sessionsOf(inOrder);
  const calls = pair(inOrder.filter((entry): entry is CallLine => 'call' in entry));
  const model = {
    calls,
    sessions,
    quietAt: inOrder.filter((entry) => entry.op === 'quiet').map((entry) => entry.t),
    dump,
    rows: new Map(dump.messages.map((row) => [row.id, row])),
    chats: new Map(dump.chats.map((chat) => [chat.id, chat])),
  };
  return { ...model, observations: [...listed(model), ...delivered(sessions), ...viewed(dump)] };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function pair(lines: readonly CallLine[]): readonly Call[] {
  const calls = new Map<string, Mutable<Call>>();
  for (const line of lines) {
    const id = `${line.client}#${line.call}`;
    if (line.phase === 'invoke') {
      const { client, user, op, t } = line;
      calls.set(id, { client, user, op, asked: line, start: t, end: Infinity, outcome: 'info', got: null, code: null });
      continue;
    }
    const call = calls.get(id);
    if (call === undefined) throw new Error(`the history has an answer without its question: ${id}`);
    call.end = line.phase === 'info' ? Infinity : line.t;
    call.outcome = line.phase;
    if (line.phase === 'ok') call.got = line;
    else call.code = line.code;
  }
  return [...calls.values()];
}

function listed(model: Pick<Model, 'calls'>): readonly Observation[] {
  return callsOf(model, 'list').flatMap(({ client, user, asked, got, start, end }) =>
    (got?.items ?? []).map((item) => ({
      user,
      client,
      channel: `${client} lists`,
      how: 'list' as const,
      start,
      end,
      chat: asked.chat,
      item,
    })),
  );
}

function delivered(sessions: readonly Session[]): readonly Observation[] {
  return sessions.flatMap(({ client, user, socket, openedAt, deliveries }) =>
    deliveries.flatMap(({ t, chat, phase, message }) =>
      message === null
        ? []
        : [{ user, client, channel: socket, how: phase, start: openedAt, end: t, chat, item: message }],
    ),
  );
}

function viewed({ views }: Dump): readonly Observation[] {
  return views.flatMap(({ user, chat, items }) =>
    items.map((item) => ({
      user,
      client: `final view of user ${user}`,
      channel: `final view of user ${user}`,
      how: 'view' as const,
      start: Number.MAX_VALUE,
      end: Number.MAX_VALUE,
      chat,
      item,
    })),
  );
}
