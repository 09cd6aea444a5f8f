import { parseId } from '../protocol/limits.js';

/** How far the clocks of two nodes may differ before a token counts as issued in the future. */
const LEEWAY_SECONDS = 30;
/** A token of ours never lives longer than the largest ACCESS_TOKEN_EXPIRE_MINUTES: a year. */
const MAX_LIFE_SECONDS = 366 * 24 * 3_600;
const NAMES = ['aud', 'exp', 'iat', 'iss', 'sub', 'typ'].join();

/** What a token says, whenever it is looked at; times in seconds. */
export interface Claims {
  readonly userId: number;
  readonly iat: number;
  readonly exp: number;
}

/**
 * The claims of an access token, judged one by one: the library requires none of them and takes any type.
 * Exactly these six; a claim we do not know would be a promise that nothing keeps. null = refused. Whether the token
 * counts now is for {@link isCurrent} to say.
 */
export function readClaims(payload: unknown): Claims | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return null;
  if (Object.keys(payload).sort().join() !== NAMES) return null;
  const { sub, iss, aud, typ, iat, exp } = payload as Record<string, unknown>;
  if (iss !== 'parley' || aud !== 'parley' || typ !== 'access') return null;
  if (!isSecond(iat) || !isSecond(exp)) return null;
  if (exp <= iat || exp - iat > MAX_LIFE_SECONDS) return null;
  const userId = typeof sub === 'string' ? parseId(sub) : null;
  return userId === null ? null : { userId, iat, exp };
}

/** Issued already, and not yet expired. */
export function isCurrent({ iat, exp }: Claims, nowSeconds: number): boolean {
  return iat <= nowSeconds + LEEWAY_SECONDS && exp > nowSeconds;
}

function isSecond(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
