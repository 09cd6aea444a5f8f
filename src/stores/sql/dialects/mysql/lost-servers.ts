import type { DriverFailure } from '../../errors.js';

/**
 * Errors that say that the connection leads to the wrong server, or to one that fails, by their numbers in the registries
 * of MySQL 9 and MariaDB 12 (`perror`, errmsg-utf8.txt). Waiting on this connection cures none of them, while a new one
 * goes to whatever the address leads to by now. What is about a statement, its values or its locks is not among them: a
 * deadlock (1213), a lock wait (1205), an interrupted statement (1317), a conflict between nodes (3101).
 */
export const LOST_SERVER_ERRORS: Readonly<Record<number, string>> = {
  // The server takes no writes: after a fail-over it is the one that was left behind.
  1290: 'ER_OPTION_PREVENTS_STATEMENT: read_only or super_read_only; no other option prevents a statement of ours',
  1792: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: transaction_read_only, as managed servers set it on replicas',
  1836: 'ER_READ_ONLY_MODE: running in read-only mode',
  1874: 'ER_INNODB_READ_ONLY: innodb_read_only, as on the readers of a shared volume',
  1881: 'ER_INNODB_FORCED_RECOVERY: innodb_force_recovery, a server that is being saved',
  3989: 'ER_SCHEMA_READ_ONLY: the schema is closed, as while it is moved to another server',
  // The server is going down, or ends this session.
  1053: 'ER_SERVER_SHUTDOWN: shutdown in progress',
  1152: 'ER_ABORTING_CONNECTION: the connection is aborted',
  1184: 'ER_NEW_ABORTING_CONNECTION: the connection is aborted',
  1927: 'ER_CONNECTION_KILLED (MariaDB): somebody, or a fail-over, killed the connection',
  3169: 'ER_SESSION_WAS_KILLED (MySQL): somebody, or a fail-over, killed the session',
  4031: 'ER_CLIENT_INTERACTION_TIMEOUT (MySQL): idle for too long, the session has ended',
  3032: 'ER_SERVER_OFFLINE_MODE: offline_mode is on',
  3168: 'ER_SERVER_ISNT_AVAILABLE (MySQL): the server is not available',
  6400: 'ER_SERVER_OFFLINE_MODE_REASON (MySQL): offline_mode is on, with the reason',
  // The network between the server and us, as the server sees it.
  1158: 'ER_NET_READ_ERROR: it could not read from the connection',
  1159: 'ER_NET_READ_INTERRUPTED: it waited for the connection in vain',
  1160: 'ER_NET_ERROR_ON_WRITE: it could not write to the connection',
  1161: 'ER_NET_WRITE_INTERRUPTED: writing to the connection took too long',
  // The server is no working member of its cluster.
  1047: 'ER_UNKNOWN_COM_ERROR: a Galera node that is not prepared, split off or without a quorum',
  3100: 'ER_RUN_HOOK_ERROR (MySQL): Group Replication refuses the commit, on a member in error or without a quorum',
  3781: 'ER_GR_HOLD_WAIT_TIMEOUT (MySQL): a new primary is still catching up',
  3782: 'ER_GR_HOLD_KILLED (MySQL): Group Replication ended meanwhile',
  3783: 'ER_GR_HOLD_MEMBER_STATUS_ERROR (MySQL): the member is in error',
  3796: 'ER_GRP_TRX_CONSISTENCY_NOT_ALLOWED (MySQL): the member is in no state for consistent work',
  3799: 'ER_GRP_TRX_CONSISTENCY_BEGIN_NOT_ALLOWED (MySQL): Group Replication is stopping',
  4094: 'ER_OPERATION_NOT_ALLOWED_WHILE_PRIMARY_CHANGE_IS_RUNNING (MySQL): the primary is being changed',
  // The machine under it fails.
  1021: 'ER_DISK_FULL: the disk is full',
  1026: 'ER_ERROR_ON_WRITE: a file could not be written',
  1030: 'ER_GET_ERRNO: the storage engine failed',
  1036: 'ER_OPEN_AS_READONLY: a table could be opened for reading only',
  1037: 'ER_OUTOFMEMORY: the server is out of memory',
  1041: 'ER_OUT_OF_RESOURCES: the server is out of memory or threads',
  1114: 'ER_RECORD_FILE_FULL: no room for more rows, as InnoDB says of a full disk',
  1180: 'ER_ERROR_DURING_COMMIT: the COMMIT failed',
  // A session that is not the one we know: something in between has put another in its place.
  1243: 'ER_UNKNOWN_STMT_HANDLER: the server does not know a statement that it prepared',
};

/** The connection is worth nothing any more, and neither are the others that lead to the same server. */
export function isLostServer({ errno }: Pick<DriverFailure, 'errno'>): boolean {
  return errno !== undefined && Object.hasOwn(LOST_SERVER_ERRORS, errno);
}
