import type { ErrorCode } from '../protocol/error-codes.js';

/** What a request wants to be: an ordinary one, a socket, or a handshake that is refused. */
export type UpgradeVerdict =
  { readonly kind: 'http' } | { readonly kind: 'socket' } | { readonly kind: 'refused'; readonly code: ErrorCode };

function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  return value.split(',').some((part) => part.trim().toLowerCase() === token);
}

/**
 * The opening handshake of RFC 6455, 4.2.1. What is neither asking for `websocket` nor carrying its key is an ordinary
 * request (an `Upgrade: h2c` is ignored, RFC 9110, 7.8). A key is 16 bytes in base64.
 */
export function judgeUpgrade(method: string, headers: Readonly<Record<string, string>>): UpgradeVerdict {
  const asked = hasToken(headers['upgrade'], 'websocket');
  const key = headers['sec-websocket-key'];
  if (!asked && key === undefined) return { kind: 'http' };
  if (method !== 'GET' || hasBody(headers)) return { kind: 'refused', code: 'bad_request' };
  if (!asked || !hasToken(headers['connection'], 'upgrade')) return { kind: 'refused', code: 'upgrade_required' };
  if (headers['sec-websocket-version'] !== '13') return { kind: 'refused', code: 'upgrade_required' };
  if (key === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(key)) return { kind: 'refused', code: 'bad_request' };
  return { kind: 'socket' };
}

/** True where a body follows the headers. */
export function hasBody(headers: Readonly<Record<string, string>>): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
