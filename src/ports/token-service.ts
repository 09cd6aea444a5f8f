/** Access tokens: HS256 JWTs, `sub` = user id, short-lived. */
export interface TokenService {
  issue(userId: number): { readonly token: string; readonly expiresIn: number };
  /** Throws `not_authenticated` for anything but a token of ours that is valid now. `expiresAt`: milliseconds of the epoch. */
  verify(token: string): { readonly userId: number; readonly expiresAt: number };
}
