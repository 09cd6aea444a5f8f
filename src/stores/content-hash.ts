import { hash } from 'node:crypto';

/** SHA-256 over the UTF-8 of a content, stored beside it so that an altered text is noticed. */
export function contentHash(content: string): Buffer {
  return hash('sha256', content, 'buffer');
}
