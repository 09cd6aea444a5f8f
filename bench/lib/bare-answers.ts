import type { MessageResource, UserResource } from '../../src/protocol/resources.js';
import { CONTENT } from './message.js';

const NOW = '2030-01-01T00:00:00.000Z';

export const BARE_USER: UserResource = {
  id: 1,
  username: 'sender0',
  email: 'sender0@example.com',
  full_name: null,
  is_active: true,
  created_at: NOW,
  last_seen: null,
};

export const BARE_MESSAGE: MessageResource = {
  id: 1_000_000,
  chat_id: 10,
  seq: 10_000,
  rev: 10_000,
  sender_id: 1,
  sender_username: 'sender0',
  content: CONTENT,
  timestamp: NOW,
  message_type: 'text',
  is_edited: false,
  is_deleted: false,
  edited_at: null,
  version: 1,
  client_message_id: 'lm2x9k3a-socket-0-000000000000',
};

/** Frames as long as the real ones. */
export const BARE_ACK = Buffer.from(
  JSON.stringify({
    type: 'ack',
    client_message_id: BARE_MESSAGE.client_message_id,
    message_id: 1_000_000,
    seq: 10_000,
    rev: 10_000,
    duplicate: false,
  }),
);
export const BARE_EVENT = Buffer.from(
  JSON.stringify({ type: 'new_message', chat_id: 10, message: BARE_MESSAGE, rev: 10_000, timestamp: NOW }),
);
export const BARE_TYPING = Buffer.from(
  JSON.stringify({ type: 'typing_started', chat_id: 10, user_id: 1, username: 'sender0', timestamp: NOW }),
);
export const BARE_PONG = Buffer.from(JSON.stringify({ type: 'pong', timestamp: NOW, rev: 10_000 }));
