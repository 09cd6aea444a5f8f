import { AppError } from '../../domain/errors.js';
import { isHighlyRestrictive } from '../../protocol/scripts.js';
import type { UserStore } from '../../ports/user-store.js';

/**
 * Refuses a new username that mixes scripts, because no list of look-alikes is complete: `username_taken` where it looks like
 * somebody's, else `validation_failed`. Names of before may mix what they do, so this is no rule of what a username is.
 */
export async function refuseMixedScripts(users: UserStore, username: string): Promise<void> {
  if (isHighlyRestrictive(username)) return;
  if ((await users.findByLogin(username)) !== null) throw new AppError('username_taken');
  const message = 'Must not mix scripts, such as Latin with Cyrillic';
  throw new AppError('validation_failed', { errors: [{ path: 'username', code: 'mixed_scripts', message }] });
}
