import { foreignKey, index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { byteText, counter, flag, id, moment, sha256Bytes, uuidBytes } from './columns.js';

/** Row for row the tables of ../mysql/tables.ts, which say what the columns mean; tests hold the two equal. */
export const users = sqliteTable(
  'users',
  {
    id: id('id').primaryKey({ autoIncrement: true }),
    username: text('username').notNull(),
    usernameKey: byteText('username_key').notNull(),
    usernameSearch: byteText('username_search').notNull(),
    email: text('email').notNull(),
    emailKey: byteText('email_key').notNull(),
    hashedPassword: text('hashed_password').notNull(),
    fullName: text('full_name'),
    fullNameSearch: byteText('full_name_search'),
    isActive: flag('is_active').notNull().default(true),
    createdAt: moment('created_at').notNull(),
    lastSeen: moment('last_seen'),
  },
  (table) => [
    unique('users_username_key').on(table.usernameKey),
    unique('users_email_key').on(table.emailKey),
    index('users_username_search').on(table.usernameSearch),
  ],
);

export const chats = sqliteTable(
  'chats',
  {
    id: id('id').primaryKey({ autoIncrement: true }),
    name: text('name'),
    chatType: text('chat_type').$type<'direct' | 'group'>().notNull(),
    directKey: byteText('direct_key'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    isActive: flag('is_active').notNull().default(true),
    lastSeq: counter('last_seq').notNull().default(0),
    rev: counter('rev').notNull().default(0),
    changedRev: counter('changed_rev').notNull().default(0),
    membersRev: counter('members_rev').notNull().default(0),
    visibleCount: counter('visible_count').notNull().default(0),
    lastVisibleSeq: counter('last_visible_seq').notNull().default(0),
  },
  (table) => [unique('chats_direct_key').on(table.directKey)],
);

export const chatParticipants = sqliteTable(
  'chat_participants',
  {
    chatId: id('chat_id').notNull(),
    userId: id('user_id').notNull(),
    joinedAt: moment('joined_at').notNull(),
    isAdmin: flag('is_admin').notNull().default(false),
    leftAt: moment('left_at'),
    lastReadSeq: counter('last_read_seq').notNull().default(0),
    hiddenSeq: counter('hidden_seq'),
    rev: counter('rev').notNull().default(0),
    joinedRev: counter('joined_rev').notNull().default(0),
    changedBy: id('changed_by'),
  },
  (table) => [
    primaryKey({ name: 'chat_participants_pk', columns: [table.chatId, table.userId] }),
    index('chat_participants_user').on(table.userId, table.chatId),
    foreignKey({ name: 'chat_participants_chat_fk', columns: [table.chatId], foreignColumns: [chats.id] }),
    foreignKey({ name: 'chat_participants_user_fk', columns: [table.userId], foreignColumns: [users.id] }),
  ],
);

export const messageMetadata = sqliteTable(
  'message_metadata',
  {
    id: id('id').primaryKey({ autoIncrement: true }),
    chatId: id('chat_id').notNull(),
    seq: counter('seq').notNull(),
    senderId: id('sender_id').notNull(),
    messageId: uuidBytes('message_id').notNull(),
    bodyId: uuidBytes('body_id').notNull(),
    clientMessageId: byteText('client_message_id'),
    version: integer('version').notNull().default(1),
    requestHash: sha256Bytes('request_hash'),
    timestamp: moment('timestamp').notNull(),
    editedAt: moment('edited_at'),
    messageType: text('message_type').$type<'text'>().notNull(),
    isEdited: flag('is_edited').notNull().default(false),
    isDeleted: flag('is_deleted').notNull().default(false),
    createdRev: counter('created_rev').notNull(),
    rev: counter('rev').notNull(),
    deletedBy: id('deleted_by'),
    deletedAt: moment('deleted_at'),
    bodyBytes: integer('body_bytes'),
  },
  (table) => [
    unique('message_metadata_pk').on(table.chatId, table.seq),
    unique('message_metadata_message_id_key').on(table.messageId),
    unique('message_metadata_client_key').on(table.chatId, table.senderId, table.clientMessageId),
    index('message_metadata_rev').on(table.chatId, table.rev),
    index('message_metadata_visible').on(table.chatId, table.isDeleted, table.seq),
    foreignKey({ name: 'message_metadata_chat_fk', columns: [table.chatId], foreignColumns: [chats.id] }),
  ],
);

export const oldBodies = sqliteTable(
  'old_bodies',
  {
    bodyId: uuidBytes('body_id').primaryKey(),
    chatId: id('chat_id').notNull(),
    messageId: uuidBytes('message_id').notNull(),
    version: integer('version').notNull(),
    reason: text('reason').$type<'superseded' | 'deleted'>().notNull(),
    dueAt: moment('due_at').notNull(),
    erasedAt: moment('erased_at'),
  },
  (table) => [index('old_bodies_due').on(table.erasedAt, table.dueAt), index('old_bodies_message').on(table.messageId)],
);

export const dataSet = sqliteTable('data_set', {
  id: text('id').primaryKey(),
  epoch: text('epoch').notNull(),
  createdAt: moment('created_at').notNull(),
});

export const leases = sqliteTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAt: moment('expires_at').notNull(),
});

export const erasedCounts = sqliteTable('erased_counts', {
  reason: text('reason').$type<'superseded' | 'deleted'>().primaryKey(),
  bodies: counter('bodies').notNull().default(0),
});

export const userPairs = sqliteTable(
  'user_pairs',
  {
    gram: integer('gram').notNull(),
    userId: id('user_id').notNull(),
  },
  (table) => [primaryKey({ name: 'user_pairs_pk', columns: [table.gram, table.userId] })],
);

export const loginNetworks = sqliteTable(
  'login_networks',
  {
    userId: id('user_id').notNull(),
    network: uuidBytes('network').notNull(),
    lastLoginAt: moment('last_login_at').notNull(),
  },
  (table) => [primaryKey({ name: 'login_networks_pk', columns: [table.userId, table.network] })],
);

export const progress = sqliteTable('progress', {
  name: text('name').primaryKey(),
  position: counter('position').notNull().default(0),
  finishedAt: moment('finished_at'),
});

/** What MongoDB holds on the split store (../mongo/messages.ts): one row per version of a message, never updated. */
export const bodies = sqliteTable('bodies', {
  id: uuidBytes('id').primaryKey(),
  messageId: uuidBytes('message_id').notNull(),
  chatId: id('chat_id').notNull(),
  senderId: id('sender_id').notNull(),
  content: text('content').notNull(),
  timestamp: moment('timestamp').notNull(),
  sha256: sha256Bytes('sha256').notNull(),
});
