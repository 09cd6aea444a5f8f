import type { TokenResource, UserResource } from '../protocol/resources.js';
import type { User } from '../domain/user.js';

/** A user as `viewerId` may see them: the e-mail address only to its owner. */
export function presentUser(user: User, viewerId: number): UserResource {
  return {
    id: user.id,
    username: user.username,
    ...(user.id === viewerId ? { email: user.email } : {}),
    full_name: user.fullName,
    is_active: user.isActive,
    created_at: user.createdAt.toISOString(),
    last_seen: user.lastSeen?.toISOString() ?? null,
  };
}

export function presentToken(access: { readonly token: string; readonly expiresIn: number }): TokenResource {
  return { access_token: access.token, token_type: 'bearer', expires_in: access.expiresIn };
}
