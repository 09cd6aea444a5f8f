import type { Handshake } from '../ports/listener.js';

/** The subprotocol that is echoed; the one that carries the token never is, so that no proxy logs it twice. */
export const SUBPROTOCOL = 'parley.v1';

const BEARER_PROTOCOL = 'bearer.';
/** `b64token` of RFC 6750, which covers every JWT. */
const BEARER_HEADER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** Our tokens have about 150 characters. Longer ones are refused before any of them is decoded or hashed. */
const MAX_TOKEN_LENGTH = 4_096;

/** `parley.v1` where the client offered it; nothing else is ever chosen. */
export function chooseProtocol(handshake: Handshake): string | null {
  return offeredProtocols(handshake).includes(SUBPROTOCOL) ? SUBPROTOCOL : null;
}

/**
 * The token of an upgrade: from `?token=`, from `Authorization: Bearer`, or from the subprotocol `bearer.<token>`.
 * null when there is none, when one place holds several, or when two places disagree: nobody has to guess which one
 * a proxy in front has checked.
 */
export function tokenOf(handshake: Handshake): string | null {
  const found = [...queryTokens(handshake), ...headerTokens(handshake), ...protocolTokens(handshake)];
  const token = found[0];
  if (token == null || token === '' || token.length > MAX_TOKEN_LENGTH) return null;
  return found.every((other) => other === token) ? token : null;
}

function queryTokens(handshake: Handshake): readonly (string | null)[] {
  const values = new URLSearchParams(handshake.query).getAll('token');
  return values.length > 1 ? [null] : values;
}

function headerTokens(handshake: Handshake): readonly (string | null)[] {
  const header = handshake.headers['authorization'];
  return header === undefined ? [] : [BEARER_HEADER.exec(header)?.[1] ?? null];
}

function protocolTokens(handshake: Handshake): readonly (string | null)[] {
  const values = offeredProtocols(handshake).filter((name) => name.startsWith(BEARER_PROTOCOL));
  return values.length > 1 ? [null] : values.map((name) => name.slice(BEARER_PROTOCOL.length));
}

function offeredProtocols(handshake: Handshake): readonly string[] {
  const header = handshake.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',').map((name) => name.trim());
}
