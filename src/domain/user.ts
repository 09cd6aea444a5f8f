/** An account. `username` and `email` are as typed; who equals whom is decided by their keys (user-keys.ts). */
export interface User {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly fullName: string | null;
  readonly isActive: boolean;
  readonly createdAt: Date;
  /** Written behind, at most once a minute; null before the first request. */
  readonly lastSeen: Date | null;
}

/** Who is asking: the result of a verified token and a look-up of an active user. Every live socket keeps one. */
export interface Identity {
  readonly userId: number;
  readonly username: string;
  /** When the token ends, in milliseconds of the epoch; a socket does not outlive it. */
  readonly expiresAt: number;
}
