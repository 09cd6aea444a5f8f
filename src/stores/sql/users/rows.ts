import type { User } from '../../../domain/user.js';
import { asDate, type SqlRow } from '../database.js';

/** The columns of an account, without its keys and its password, for raw queries. */
export const USER_COLUMNS = ['id', 'username', 'email', 'full_name', 'is_active', 'created_at', 'last_seen'] as const;

export function userOf(row: SqlRow): User {
  const { id, username, email, full_name, is_active, created_at, last_seen } = row;
  return {
    id: Number(id),
    username: String(username),
    email: String(email),
    fullName: typeof full_name === 'string' ? full_name : null,
    isActive: Number(is_active) === 1,
    createdAt: asDate(created_at),
    lastSeen: last_seen === null ? null : asDate(last_seen),
  };
}
