import { ServerResponse } from 'node:http';
import type { EdgeAnswer } from '../answer.js';
import type { CountedRequest } from './request.js';

type Done = (error?: Error | null) => void;

/** The response class of the node listener: once the edge has answered, what its handler still says goes nowhere. */
export class SealableResponse extends ServerResponse<CountedRequest> {
  private sealed = false;

  /** Sends the edge's answer and ignores the handler from here on; `finish` ends it. Only before the head was sent. */
  seal(answer: EdgeAnswer, close: boolean): void {
    for (const name of this.getHeaderNames()) this.removeHeader(name);
    for (const [name, value] of answer.headers) this.setHeader(name, value);
    this.setHeader('content-length', answer.body.byteLength);
    if (close) this.setHeader('connection', 'close');
    this.statusCode = answer.status;
    this.statusMessage = '';
    super.write(this.req.method === 'HEAD' ? '' : answer.body);
    this.sealed = true;
  }

  /** Ends a sealed response. */
  finish(): void {
    if (!this.writableEnded) super.end();
  }

  /** The connection ended before the turn of this response, which node:http then tells nobody. */
  abandon(): void {
    if (this.socket !== null || this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  override write(chunk: unknown, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    if (this.sealed) return true;
    if (typeof encodingOrDone === 'string') return super.write(chunk, encodingOrDone, done);
    return super.write(chunk, encodingOrDone);
  }

  override end(chunk?: unknown, encodingOrDone?: BufferEncoding | Done, done?: () => void): this {
    if (this.sealed) return this;
    if (typeof chunk === 'function') return super.end(chunk as () => void);
    if (typeof encodingOrDone === 'string') return super.end(chunk, encodingOrDone, done);
    return super.end(chunk, encodingOrDone);
  }
}
