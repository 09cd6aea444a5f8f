import { IncomingMessage } from 'node:http';

/** Told about a body while it arrives. */
export interface BodyWatch {
  /** All bytes of the body so far. */
  received(total: number): void;
  complete(): void;
}

/**
 * The request class of the node listener: counts its body on the way in, whoever reads it and whenever. Listening for
 * `data` instead would start the flow before the handler is there to read.
 */
export class CountedRequest extends IncomingMessage {
  private total = 0;
  private watcher: BodyWatch | null = null;
  private ended = false;

  watch(watcher: BodyWatch): void {
    this.watcher = watcher;
    if (this.ended) watcher.complete();
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && !this.ended) {
      this.ended = true;
      this.watcher?.complete();
    } else if (chunk instanceof Uint8Array) {
      this.total += chunk.byteLength;
      this.watcher?.received(this.total);
    }
    return super.push(chunk, encoding);
  }

  /** A body that has arrived whole stays readable when its client goes away: a handler may come to it only later. */
  override destroy(error?: Error): this {
    return this.ended && !this.readableEnded ? this : super.destroy(error);
  }
}
