import type { IncomingMessage } from 'node:http';
import { AppError } from '../domain/errors.js';
import type { BufferedRequest } from '../ports/listener.js';

/** The body that a listener has read already; null where it has to be awaited, or is more than `limit` bytes. */
export function wholeBodyOf(request: IncomingMessage, limit: number): Buffer | null {
  const whole = (request as Partial<BufferedRequest>).wholeBody;
  return whole instanceof Buffer && whole.byteLength <= limit ? whole : null;
}

/**
 * The whole body, or `payload_too_large` as soon as it is known to be more than `limit` bytes: by its declared length,
 * else at the byte that is too many. What is left over is not read. A client that goes away ends the wait.
 */
export function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) return Promise.reject(new AppError('payload_too_large'));
  // Gone before the wait: no event would end it.
  if (request.destroyed) return Promise.reject(new AppError('bad_request'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;

    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size > limit) settle(() => reject(new AppError('payload_too_large')));
      else chunks.push(chunk);
    }
    function onEnd(): void {
      settle(() => resolve(Buffer.concat(chunks, size)));
    }
    function onLost(): void {
      settle(() => reject(new AppError('bad_request')));
    }
    function settle(finish: () => void): void {
      request.pause();
      request.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost);
      finish();
    }

    request.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost);
  });
}
