/** What every error code means to a client, wherever it appears: REST answer or socket `error` frame. */
export interface ErrorInfo {
  /** HTTP status of the REST answer. */
  readonly status: number;
  /** RFC 9457 `title`: the same for every occurrence. */
  readonly title: string;
  /** One sentence, used unless the occurrence has a more exact one of its own. */
  readonly detail: string;
  /** True: the same request may succeed later. Sends repeat with the same client_message_id. */
  readonly retryable: boolean;
}

function info(status: number, title: string, detail: string, retryable = false): ErrorInfo {
  return { status, title, detail, retryable };
}

/**
 * The one registry of machine-readable error codes. A code is stable for ever once released; docs/PROTOCOL.md
 * lists every one (a test compares both).
 */
export const ERROR_CODES = {
  // Shape of the request
  invalid_json: info(400, 'Invalid JSON', 'Invalid JSON format'),
  bad_request: info(400, 'Bad request', 'The request could not be understood'),
  validation_failed: info(422, 'Validation failed', 'The request did not pass validation'),
  unsupported_media_type: info(415, 'Unsupported media type', 'The body must be application/json in UTF-8'),
  payload_too_large: info(413, 'Payload too large', 'The body is larger than the limit'),
  uri_too_long: info(414, 'URI too long', 'The request target is longer than the limit'),
  headers_too_large: info(431, 'Headers too large', 'The request headers are larger than the limit'),
  request_timeout: info(408, 'Request timeout', 'The request did not arrive in time', true),
  not_found: info(404, 'Not found', 'Not found'),
  method_not_allowed: info(405, 'Method not allowed', 'This method is not allowed here'),
  upgrade_required: info(426, 'Upgrade required', 'This address is a WebSocket'),

  // Identity
  not_authenticated: info(401, 'Not authenticated', 'Could not validate credentials'),
  wrong_credentials: info(401, 'Wrong credentials', 'Incorrect username or password'),
  username_taken: info(400, 'Username taken', 'Username already exists'),
  email_taken: info(400, 'E-mail taken', 'Email already exists'),
  rate_limited: info(429, 'Too many requests', 'Too many requests, try again later', true),

  // Users and chats
  user_not_found: info(404, 'User not found', 'User not found'),
  query_too_short: info(400, 'Query too short', 'Search query must be at least 2 characters long'),
  chat_not_found: info(404, 'Chat not found', "Chat not found or you don't have access"),
  unknown_participants: info(400, 'Unknown participants', 'One or more participants not found'),
  participant_not_found: info(404, 'Participant not found', 'Participant not found in this chat'),
  group_only: info(400, 'Group chats only', 'This is only possible in group chats'),
  group_full: info(400, 'Group full', 'Cannot exceed 100 members in group chat'),
  admin_required: info(403, 'Admin required', 'Only admins can do this'),
  last_admin: info(409, 'Last admin', 'A group needs at least one admin'),

  resync_required: info(409, 'Start afresh', 'Reading on from this rev is not possible, read the chat afresh'),

  // Messages
  message_not_found: info(404, 'Message not found', 'Message not found'),
  sender_required: info(403, 'Sender required', 'Only the sender can edit a message'),
  delete_forbidden: info(403, 'Not allowed', 'Only the sender or a group admin can delete a message'),
  version_conflict: info(409, 'Version conflict', 'The message has changed since the expected version'),
  client_message_id_reused: info(409, 'Id reused', 'This client_message_id was already used for other content'),

  // Sockets
  unknown_type: info(400, 'Unknown message type', 'Unknown message type'),
  wrong_chat: info(400, 'Wrong chat', 'This socket belongs to another chat'),
  resume_in_progress: info(409, 'Resume in progress', 'A resume is under way already, wait for what ends it'),
  /** Not sent any more: on a socket with many chats others make room. */
  too_many_chats: info(400, 'Too many chats', 'This socket follows as many chats as it can'),

  // State of the server
  unavailable: info(503, 'Unavailable', 'The service cannot do this right now, try again', true),
  overloaded: info(503, 'Overloaded', 'Too much is waiting to be written, try again shortly', true),
  indeterminate: info(
    503,
    'Outcome unknown',
    'It is not known whether this was stored, repeat it (a message with the same client_message_id)',
    true,
  ),
  shutting_down: info(503, 'Shutting down', 'The server is shutting down, connect again', true),
  unhealthy: info(503, 'Unhealthy', 'Service unhealthy', true),
  internal: info(500, 'Internal error', 'Something went wrong on our side'),
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One problem of a 422: where (`participant_ids[0]`), which rule (`too_long`) and a sentence without the value. */
export interface FieldProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}
