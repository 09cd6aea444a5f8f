import { hash } from 'node:crypto';

/** SHA-256 over a content's UTF-8, given as text or as its bytes; stored beside it so that an altered text is noticed. */
export function contentHash(content: string | Uint8Array): Buffer {
  return hash('sha256', content, 'buffer');
}
