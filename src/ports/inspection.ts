/** A chat as its row says it is, and as counting finds it; both of one moment. */
export interface InspectedChat {
  readonly id: number;
  readonly type: 'direct' | 'group';
  readonly isActive: boolean;
  readonly row: ChatCounters & {
    readonly rev: number;
    /** Rev of the last change of its participants; what is not above it is never looked for among them. */
    readonly membersRev: number;
  };
  readonly counted: ChatCounters & {
    /** Rows of messages, deleted ones too; each has a seq of its own by the table's key. */
    readonly messages: number;
    /** Rows whose sender has no account; no reader sees them. */
    readonly withoutSender: number;
    /** Highest rev of its messages, participants and fields: what the row's own has to be. */
    readonly rev: number;
    /** Kinds of objects with a rev above what the row says of them: who reads on is not told of it. */
    readonly untold: number;
  };
  readonly participants: {
    readonly active: number;
    readonly admins: number;
    /** Also those who left. */
    readonly withoutUser: number;
  };
}

export interface ChatCounters {
  readonly lastSeq: number;
  readonly visibleCount: number;
  readonly lastVisibleSeq: number;
}

/** A visible message and the body that its row names. */
export interface NamedBody {
  /** The message's id. */
  readonly id: number;
  readonly chatId: number;
  readonly seq: number;
  readonly bodyId: Uint8Array;
}

/**
 * Reads the metadata as an inspector does, in bounded steps, beside a running server.
 *
 * Guarantee: what `chats` answers of one chat is of one snapshot, so counters and rows can be compared. `rows` is not:
 * what looks wrong there has to be asked again with `stillNamed`, which holds the chat's lock. A body is never named again
 * once its row has moved on, so a row that still names it under the lock has named it all the time.
 * Errors: `unavailable`. A statement reads a bounded number of rows, whatever the size of a chat.
 */
export interface Inspection {
  /** About how much there is, for telling progress: the highest ids of chats and of messages. */
  highest(): Promise<{ readonly chatId: number; readonly messageId: number }>;
  /** The chats after an id, ascending. */
  chats(afterId: number, limit: number): Promise<readonly InspectedChat[]>;
  /** The visible messages of all chats after a message id, ascending. */
  rows(afterId: number, limit: number): Promise<readonly NamedBody[]>;
  /** Those of the rows of one chat that are still visible and name the same body, under the chat's lock. */
  stillNamed(chatId: number, rows: readonly NamedBody[]): Promise<readonly NamedBody[]>;
  /**
   * Counts a chat again under its lock and puts right what its row says: visible_count and last_visible_seq as counted,
   * last_seq and rev never lower than before, because what they once gave out must not be given out again. A rev that no
   * object has becomes that of the chat's fields.
   */
  recount(chatId: number): Promise<void>;
  /** Another name for this data and no leases: what was restored is not what clients have seen. Answers the name. */
  renewEpoch(): Promise<string>;
}
