import type { KeyName } from './database.js';

/** Columns as SQLite lists them in its message, where MySQL names the key. Its (chat_id, seq) is MySQL's primary key. */
const KEYS_BY_COLUMNS: Readonly<Record<string, KeyName>> = {
  'users.username_key': 'users_username_key',
  'users.email_key': 'users_email_key',
  'chats.direct_key': 'chats_direct_key',
  'message_metadata.id': 'message_metadata_id_key',
  'message_metadata.message_id': 'message_metadata_message_id_key',
  'message_metadata.chat_id, message_metadata.sender_id, message_metadata.client_message_id':
    'message_metadata_client_key',
  'message_metadata.chat_id, message_metadata.seq': 'PRIMARY',
};

const NAMED_KEYS: ReadonlySet<string> = new Set(Object.values(KEYS_BY_COLUMNS));

/**
 * The unique key that a driver's message names, or null where it is about something else. MySQL: `Duplicate entry
 * '...' for key 'users.users_username_key'`, MariaDB without the table, and the entry itself may hold anything.
 */
export function keyIn(code: string, message: string): KeyName | null {
  if (code === 'ER_DUP_ENTRY') {
    const name = /for key '(?:\w+\.)?(\w+)'$/.exec(message)?.[1];
    return name !== undefined && isKeyName(name) ? name : 'PRIMARY';
  }
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_ROWID') {
    return KEYS_BY_COLUMNS[columnsIn(message)] ?? 'PRIMARY';
  }
  return code === 'SQLITE_CONSTRAINT_UNIQUE' ? (KEYS_BY_COLUMNS[columnsIn(message)] ?? 'PRIMARY') : null;
}

function columnsIn(message: string): string {
  return /UNIQUE constraint failed: ([\w., ]+)$/.exec(message)?.[1] ?? '';
}

function isKeyName(name: string): name is KeyName {
  return NAMED_KEYS.has(name);
}
