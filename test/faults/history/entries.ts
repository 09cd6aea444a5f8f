/**
 * What clients write down, one JSON object per line. `t` is milliseconds of the machine's clock with fractions, equal in
 * all processes of a run; `call` numbers the operations of one client.
 *
 *   invoke  the client asks; what it asks is in the line
 *   ok      the server confirmed it
 *   fail    the server said that it did not happen
 *   info    nobody knows: no answer, or one that says so; it may or may not have happened, or happen yet
 */
export type Phase = 'invoke' | 'ok' | 'fail' | 'info';

interface Line {
  readonly t: number;
  readonly client: string;
}

/** What each operation asks for. Contents of sends and edits have to be unique in a run, names of chats too. */
export interface Asked {
  /** `socket`: the connection that it went over, null for REST. */
  send: { chat: number; key: string | null; content: string; socket: string | null };
  edit: { message: number; content: string };
  delete: { message: number };
  create: { name: string; members: readonly number[] };
  rename: { chat: number; name: string };
  add: { chat: number; users: readonly number[] };
  /** `target` equal to the asking user: leaving. */
  remove: { chat: number; target: number };
  /** Reads the messages with from <= seq <= to. */
  list: { chat: number; from: number; to: number };
}

/** What each operation is confirmed with. */
export interface Confirmed {
  send: { message: number; seq: number; rev: number; duplicate: boolean };
  edit: { version: number; rev: number };
  delete: object;
  create: { chat: number };
  rename: object;
  add: object;
  remove: object;
  list: { items: readonly Seen[] };
}

export type Operation = keyof Asked;

/** A message as a client saw it. */
export interface Seen {
  readonly id: number;
  readonly seq: number;
  readonly sender: number;
  readonly rev: number;
  readonly version: number;
  /** null: deleted or unavailable. */
  readonly content: string | null;
  readonly deleted: boolean;
  readonly unavailable: boolean;
}

export type CallLine = {
  [O in Operation]:
    | (Line & { readonly op: O; readonly phase: 'invoke'; readonly call: number; readonly user: number } & Asked[O])
    | (Line & { readonly op: O; readonly phase: 'ok'; readonly call: number } & Confirmed[O])
    | (Line & { readonly op: O; readonly phase: 'fail' | 'info'; readonly call: number; readonly code: string | null });
}[Operation];

/** A frame of the server as it came; only durable ones, `ready`, `resync_required` and pongs matter. */
export type SeenFrame = Readonly<Record<string, unknown>>;

export type SocketLine = Line & { readonly socket: string } & (
    | {
        readonly op: 'connect';
        readonly phase: 'invoke';
        readonly user: number;
        /** By chat id: the rev that the client holds and reads on from; a chat that is not named starts live. */
        readonly since: Readonly<Record<string, number>>;
      }
    | { readonly op: 'resume'; readonly phase: 'invoke'; readonly since: Readonly<Record<string, number>> }
    | { readonly op: 'frame'; readonly phase: 'ok'; readonly frame: SeenFrame }
    | { readonly op: 'disconnect'; readonly phase: 'ok'; readonly code: number }
  );

/** Faults are over, nothing is written any more and the bound has passed: who is still connected has everything. */
export type QuietLine = Line & { readonly op: 'quiet'; readonly phase: 'ok' };

export type Entry = CallLine | SocketLine | QuietLine;

/** Both stores and every member's view at the end of a run, after the last fault. */
export interface Dump {
  /** The database's clock, milliseconds. */
  readonly takenAt: number;
  /** Bodies younger than this may be orphans that wait for the sweeper. Infinity: none has to be swept yet. */
  readonly sweepAgeMs: number;
  /** True: the erase worker has nothing left to do, so no body of a deleted message is left. */
  readonly erased: boolean;
  readonly chats: readonly DumpedChat[];
  readonly messages: readonly DumpedMessage[];
  readonly bodies: readonly DumpedBody[];
  /** Ids of bodies that are filed for erasing or were erased. */
  readonly filed: readonly string[];
  /** The whole visible history as each member reads it over the public API. */
  readonly views: readonly { readonly user: number; readonly chat: number; readonly items: readonly Seen[] }[];
}

export interface DumpedChat {
  readonly id: number;
  readonly name: string | null;
  readonly lastSeq: number;
  readonly rev: number;
  /** Revs of what it has beside messages: participants, those who left among them, and its own fields. */
  readonly otherRevs: readonly number[];
  /** Active participants. */
  readonly members: readonly number[];
}

export interface DumpedMessage {
  readonly id: number;
  readonly chat: number;
  readonly seq: number;
  readonly sender: number;
  readonly key: string | null;
  readonly createdRev: number;
  readonly rev: number;
  readonly version: number;
  readonly deleted: boolean;
  /** Hex, as are all ids of bodies. */
  readonly body: string;
}

export interface DumpedBody {
  readonly id: string;
  readonly content: string;
  /** The hash that was written with it fits. */
  readonly intact: boolean;
  /** Milliseconds of the database's clock, out of the id. */
  readonly mintedAt: number;
}
