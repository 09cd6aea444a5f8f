import { boolean, foreignKey, index, int, mysqlTable, primaryKey, unique, varchar } from 'drizzle-orm/mysql-core';
import { byteText, counter, id, moment, sha256Bytes, uuidBytes } from './columns.js';

/** Who equals whom is decided by the `_key` columns, what a search finds by the `_search` ones (domain/user-keys.ts). */
export const users = mysqlTable(
  'users',
  {
    id: id('id').autoincrement().primaryKey(),
    username: varchar('username', { length: 50 }).notNull(),
    usernameKey: byteText('username_key', { length: 255 }).notNull(),
    usernameSearch: byteText('username_search', { length: 2048 }).notNull(),
    email: varchar('email', { length: 100 }).notNull(),
    emailKey: byteText('email_key', { length: 255 }).notNull(),
    hashedPassword: varchar('hashed_password', { length: 255 }).notNull(),
    fullName: varchar('full_name', { length: 100 }),
    fullNameSearch: byteText('full_name_search', { length: 4096 }),
    isActive: boolean('is_active').notNull().default(true),
    createdAt: moment('created_at').notNull(),
    lastSeen: moment('last_seen'),
  },
  (table) => [
    unique('users_username_key').on(table.usernameKey),
    unique('users_email_key').on(table.emailKey),
    index('users_username_search').on(table.usernameSearch),
  ],
);

/** A chat's row is also its lock: every durable change of the chat locks it first and takes the next `rev`. */
export const chats = mysqlTable(
  'chats',
  {
    id: id('id').autoincrement().primaryKey(),
    name: varchar('name', { length: 100 }),
    chatType: varchar('chat_type', { length: 16 }).$type<'direct' | 'group'>().notNull(),
    /** `low:high` of the two user ids, null for groups. */
    directKey: byteText('direct_key', { length: 48 }),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    isActive: boolean('is_active').notNull().default(true),
    lastSeq: counter('last_seq').notNull().default(0),
    rev: counter('rev').notNull().default(0),
    /** rev of the last change of the row's own fields. */
    changedRev: counter('changed_rev').notNull().default(0),
    /** rev of the last change of who is in it. */
    membersRev: counter('members_rev').notNull().default(0),
    /** Messages that are not deleted, kept by send and delete, so that totals need no scan. */
    visibleCount: counter('visible_count').notNull().default(0),
    /** seq of the newest message that is not deleted; 0 = none. */
    lastVisibleSeq: counter('last_visible_seq').notNull().default(0),
  },
  (table) => [unique('chats_direct_key').on(table.directKey)],
);

export const chatParticipants = mysqlTable(
  'chat_participants',
  {
    chatId: id('chat_id').notNull(),
    userId: id('user_id').notNull(),
    joinedAt: moment('joined_at').notNull(),
    isAdmin: boolean('is_admin').notNull().default(false),
    leftAt: moment('left_at'),
    lastReadSeq: counter('last_read_seq').notNull().default(0),
    hiddenSeq: counter('hidden_seq'),
    rev: counter('rev').notNull().default(0),
    /** rev with which the user last came in: a reader from before it learns of a new participant. 0 = not recorded. */
    joinedRev: counter('joined_rev').notNull().default(0),
    /** Who made the last change that took a rev; null where that was not recorded. */
    changedBy: id('changed_by'),
  },
  (table) => [
    primaryKey({ name: 'chat_participants_pk', columns: [table.chatId, table.userId] }),
    index('chat_participants_user').on(table.userId, table.chatId),
    foreignKey({ name: 'chat_participants_chat_fk', columns: [table.chatId], foreignColumns: [chats.id] }),
    foreignKey({ name: 'chat_participants_user_fk', columns: [table.userId], foreignColumns: [users.id] }),
  ],
);

/** No foreign key to users: an open insert would hold a lock on the sender's row and block `last_seen`. */
export const messageMetadata = mysqlTable(
  'message_metadata',
  {
    id: id('id').autoincrement().notNull(),
    chatId: id('chat_id').notNull(),
    seq: counter('seq').notNull(),
    senderId: id('sender_id').notNull(),
    messageId: uuidBytes('message_id').notNull(),
    /** The body that holds the present version; it equals `messageId` until the first edit. */
    bodyId: uuidBytes('body_id').notNull(),
    clientMessageId: byteText('client_message_id', { length: 256 }),
    version: int('version').notNull().default(1),
    /** Over content and message_type of the send; null once deleted, so that it tells nothing of an erased text. */
    requestHash: sha256Bytes('request_hash'),
    timestamp: moment('timestamp').notNull(),
    editedAt: moment('edited_at'),
    messageType: varchar('message_type', { length: 16 }).$type<'text'>().notNull(),
    isEdited: boolean('is_edited').notNull().default(false),
    isDeleted: boolean('is_deleted').notNull().default(false),
    createdRev: counter('created_rev').notNull(),
    rev: counter('rev').notNull(),
    /** Null where the message is not deleted, or was before this was recorded. */
    deletedBy: id('deleted_by'),
    /** Null where the message is not deleted. Rows of before this column take it from their entry in old_bodies. */
    deletedAt: moment('deleted_at'),
    /** UTF-8 bytes of the content that `bodyId` names. Null: a row of before this column whose body was not measured yet. */
    bodyBytes: int('body_bytes'),
  },
  (table) => [
    // Rows of one chat lie together in the order of its history.
    primaryKey({ name: 'message_metadata_pk', columns: [table.chatId, table.seq] }),
    unique('message_metadata_id_key').on(table.id),
    unique('message_metadata_message_id_key').on(table.messageId),
    unique('message_metadata_client_key').on(table.chatId, table.senderId, table.clientMessageId),
    index('message_metadata_rev').on(table.chatId, table.rev),
    index('message_metadata_visible').on(table.chatId, table.isDeleted, table.seq),
    foreignKey({ name: 'message_metadata_chat_fk', columns: [table.chatId], foreignColumns: [chats.id] }),
  ],
);

/** Every body that no row of message_metadata names any more. An entry stays for a time after its body was erased. */
export const oldBodies = mysqlTable(
  'old_bodies',
  {
    bodyId: uuidBytes('body_id').primaryKey(),
    chatId: id('chat_id').notNull(),
    messageId: uuidBytes('message_id').notNull(),
    version: int('version').notNull(),
    reason: varchar('reason', { length: 16 }).$type<'superseded' | 'deleted'>().notNull(),
    dueAt: moment('due_at').notNull(),
    erasedAt: moment('erased_at'),
  },
  (table) => [index('old_bodies_due').on(table.erasedAt, table.dueAt), index('old_bodies_message').on(table.messageId)],
);

/** One row, whose id is `main`. */
export const dataSet = mysqlTable('data_set', {
  id: varchar('id', { length: 8 }).primaryKey(),
  /** Random name of this data; a restore gives it a new one, and clients that hold another start afresh. */
  epoch: varchar('epoch', { length: 36 }).notNull(),
  createdAt: moment('created_at').notNull(),
});

/** Work that only one process may do at a time, or that must pause: who holds it and until when, by the database's clock. */
export const leases = mysqlTable('leases', {
  name: varchar('name', { length: 32 }).primaryKey(),
  /** Random name of the holder. */
  holder: varchar('holder', { length: 64 }).notNull(),
  expiresAt: moment('expires_at').notNull(),
});

/** How many bodies were erased whose entries in old_bodies are gone by now. */
export const erasedCounts = mysqlTable('erased_counts', {
  reason: varchar('reason', { length: 16 }).$type<'superseded' | 'deleted'>().primaryKey(),
  bodies: counter('bodies').notNull().default(0),
});

/**
 * Which users may contain a searched text: a row for every pair of characters, and triple, of a user's names, as a hash
 * (domain/search-grams.ts). What is found is compared with the names themselves.
 */
export const userPairs = mysqlTable(
  'user_pairs',
  {
    gram: int('gram', { unsigned: true }).notNull(),
    userId: id('user_id').notNull(),
  },
  (table) => [primaryKey({ name: 'user_pairs_pk', columns: [table.gram, table.userId] })],
);

/** From where somebody has logged in before; the network is a keyed hash. The newest few of each user are kept. */
export const loginNetworks = mysqlTable(
  'login_networks',
  {
    userId: id('user_id').notNull(),
    network: uuidBytes('network').notNull(),
    lastLoginAt: moment('last_login_at').notNull(),
  },
  (table) => [primaryKey({ name: 'login_networks_pk', columns: [table.userId, table.network] })],
);

/** How far work has come that goes through a whole table once and goes on after a restart. */
export const progress = mysqlTable('progress', {
  name: varchar('name', { length: 32 }).primaryKey(),
  /** The last id that is done. */
  position: counter('position').notNull().default(0),
  /** Null while it is under way. */
  finishedAt: moment('finished_at'),
});
