import * as mysql from '../../../schema/mysql/tables.js';
import * as sqlite from '../../../schema/sqlite/tables.js';

export const mysqlTables = {
  users: mysql.users,
  chats: mysql.chats,
  chatParticipants: mysql.chatParticipants,
  messageMetadata: mysql.messageMetadata,
  oldBodies: mysql.oldBodies,
  dataSet: mysql.dataSet,
  leases: mysql.leases,
  erasedCounts: mysql.erasedCounts,
  userPairs: mysql.userPairs,
  loginNetworks: mysql.loginNetworks,
  progress: mysql.progress,
};

const sqliteSource = {
  users: sqlite.users,
  chats: sqlite.chats,
  chatParticipants: sqlite.chatParticipants,
  messageMetadata: sqlite.messageMetadata,
  oldBodies: sqlite.oldBodies,
  dataSet: sqlite.dataSet,
  leases: sqlite.leases,
  erasedCounts: sqlite.erasedCounts,
  userPairs: sqlite.userPairs,
  loginNetworks: sqlite.loginNetworks,
  progress: sqlite.progress,
};

/** What repositories are written against. On SQLite the same names hold that dialect's tables. */
export type Tables = typeof mysqlTables;

type Rows<T extends Record<string, { $inferSelect: unknown; $inferInsert: unknown }>> = {
  [K in keyof T]: { select: T[K]['$inferSelect']; insert: T[K]['$inferInsert'] };
};
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless every row, read or written, has one type on both dialects: that is what the cast rests on. */
const rowsAreEqual: Equal<Rows<Tables>, Rows<typeof sqliteSource>> = true;

export const sqliteTables = (rowsAreEqual ? sqliteSource : undefined) as unknown as Tables;
