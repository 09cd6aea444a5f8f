import { hash } from 'node:crypto';

/**
 * What decides whether a repeated client_message_id asks for the same: SHA-256 over message type and content. The type
 * is one of ours and holds no NUL, so the two cannot run into each other.
 */
export function requestHash(messageType: string, content: string): Buffer {
  return hash('sha256', `${messageType}\0${content}`, 'buffer');
}
