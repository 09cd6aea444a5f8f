import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { AppError } from '../domain/errors.js';
import type { Clock } from '../ports/clock.js';
import type { TokenService } from '../ports/token-service.js';
import { isCurrent, readClaims, type Claims } from './token-claims.js';

export interface TokenServiceOptions {
  readonly secretKey: string;
  /** How long a token lives. */
  readonly minutes: number;
  readonly clock: Clock;
}

/** Longer than any token of ours; nothing beyond it is looked at. */
const MAX_LENGTH = 1_024;

/** Tokens of ours remembered, for about as many users as one node serves. Their times are judged anew at each look. */
const REMEMBERED = 10_000;

/**
 * The header of every token of ours, byte for byte. Comparing it leaves no room for another algorithm, a repeated
 * `alg`, or a key that the token brings along.
 */
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

export function createTokenService(options: TokenServiceOptions): TokenService {
  const { clock } = options;
  const key = createSecretKey(options.secretKey, 'utf8');
  const expiresIn = Math.floor(options.minutes * 60);
  const verified = new Map<string, Claims>();

  return {
    issue(userId) {
      const iat = Math.floor(clock.now() / 1_000);
      const claims = { sub: String(userId), iss: 'parley', aud: 'parley', typ: 'access', iat, exp: iat + expiresIn };
      return { token: jwt.sign(claims, key, { algorithm: 'HS256' }), expiresIn };
    },

    verify(token) {
      const claims = remembered(token);
      if (claims === null || !isCurrent(claims, clock.now() / 1_000)) throw new AppError('not_authenticated');
      return { userId: claims.userId, expiresAt: claims.exp * 1_000 };
    },
  };

  /** A client sends the same token with every request; checking its signature takes about 100 µs. */
  function remembered(token: string): Claims | null {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const claims = readClaims(signedPayload(token));
    if (claims === null) return null;
    const [oldest] = verified.keys();
    if (verified.size >= REMEMBERED && oldest !== undefined) verified.delete(oldest);
    verified.set(token, claims);
    return claims;
  }

  /** What was signed with our key, or null; the claims are judged by readClaims alone. */
  function signedPayload(token: string): unknown {
    if (token.length > MAX_LENGTH || !token.startsWith(`${HEADER}.`)) return null;
    try {
      return jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: true, ignoreNotBefore: true });
    } catch (error) {
      // The library also trips over payloads that are no JSON (SyntaxError) or null (TypeError).
      if ([jwt.JsonWebTokenError, SyntaxError, TypeError].some((type) => error instanceof type)) return null;
      throw error;
    }
  }
}
