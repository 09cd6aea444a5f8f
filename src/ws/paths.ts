import { parseId } from '../protocol/limits.js';

const CHAT_PATH = /^\/api\/v1\/ws\/([^/]+)\/?$/;

/**
 * The chat that a socket's path names: `undefined` where the path is no socket at all, `null` where it names no
 * possible chat (refused with a close code, like a chat that does not exist).
 */
export function chatOfPath(path: string): number | null | undefined {
  const segment = CHAT_PATH.exec(path)?.[1];
  return segment === undefined ? undefined : parseId(segment);
}
