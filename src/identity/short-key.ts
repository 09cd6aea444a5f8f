import { createHash } from 'node:crypto';

/** The text itself or its hash: what strangers send is not kept at any length. */
export function shortKey(key: string): string {
  return key.length <= 64 ? `=${key}` : `#${createHash('sha256').update(key).digest('base64')}`;
}
