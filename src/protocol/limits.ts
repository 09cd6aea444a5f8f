/**
 * Limits of the public contract that are not settings. Each bounds something a client controls;
 * `GET /api/v1/info` publishes the ones a client needs to know.
 */
export const LIMITS = {
  /** Participants of a group, its creator included. */
  groupMembers: 100,
  /** Code points of a message's content, as clients of the earlier backend know it. */
  messageLength: 10_000,
  usernameMin: 3,
  usernameMax: 50,
  emailMax: 100,
  fullNameMax: 100,
  chatNameMax: 100,
  /** UTF-16 units of a password; longer ones are refused before any hashing. */
  passwordMax: 1_024,
  /** Code points of a client_message_id: 64 four-byte characters fill VARBINARY(256). */
  clientMessageIdMax: 64,
  pageLimitMax: 100,
  pageLimitDefault: 20,
  /** Highest page number: beyond it no store could hold the rows, and offsets stay exact integers. */
  pageMax: 1_000_000,
  searchQueryMin: 2,
  searchQueryMax: 100,
  searchLimitDefault: 10,
  searchLimitMax: 50,
  /** Code points of `last_message` in a chat list. */
  previewLength: 200,
  /** Unread messages are counted up to here; more are shown as this number. */
  unreadMax: 1_000,
  /** Everyone's read marks are told in chats of up to this many participants; in larger ones only one's own. */
  readMarksMax: 20,
  /** Items of one answer about changes, over all chats of it. */
  changesLimitDefault: 100,
  changesLimitMax: 500,
  /**
   * Bytes of contents after which an answer by cursor or about changes ends, to be read on: 26 of the longest messages.
   * One message is told whatever its size.
   */
  answerBytes: 1024 * 1024,
  /** Chats that one question about changes may name, and chats it is told of beside them. */
  changesChatsMax: 100,
  /** Characters of the name of a data set; ours have 36. */
  epochMax: 64,
  /** Nesting of a JSON body or frame; the deepest legal one has 3. Deeper input never reaches a validator. */
  jsonDepth: 8,
  /** Bytes of a JSON body: 10,000 astral characters escaped as \uXXXX pairs are 120 KB. */
  bodyBytes: 160 * 1024,
  /** Bytes of one socket frame, for the same reason. */
  frameBytes: 160 * 1024,
  /** Bytes of all request headers together; more is 431. */
  headerBytes: 16 * 1024,
  /** Chats that one inbox socket is sent the events of: the most recently active ones. */
  inboxChats: 1_000,
  /** Chats beyond those that it is told of as changed at once; further ones within a minute. */
  inboxQuietChats: 1_000,
  /** Chats of one `resume`; a frame has at most 1,000 keys. */
  resumeChats: 500,
  /**
   * Bytes of what one resume replays of a chat. Objects are bounded in number by a setting; a thousand of the longest
   * messages would still be 40 MB.
   */
  resumeBytes: 8 * 1024 * 1024,
  /** A typing indicator ends by itself after this long. */
  typingMs: 6_000,
} as const;

/** What a path may hold as an id: a positive safe integer in its one canonical form (contract, Conventions). */
export const ID_PATTERN = /^[1-9][0-9]{0,15}$/;

/** The id in a path segment or query, or null where it is not one; 2^53 and above name nothing. */
export function parseId(text: string): number | null {
  if (!ID_PATTERN.test(text)) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : null;
}
