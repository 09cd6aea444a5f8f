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

/** Who is asking: the result of a verified token and a look-up of an active user. */
export interface Identity {
  readonly userId: number;
  readonly username: string;
  /** The account as it was when the token was verified: fresh for a request, as old as the connection for a socket. */
  readonly user: User;
  /** When the token ends; a socket does not outlive it. */
  readonly expiresAt: Date;
}
