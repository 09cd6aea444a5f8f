import type { Crowd, Crowded } from '../crowd.js';

/** The bytes of a request's body that have come so far. While more are to come they count among those of all requests. */
export class ArrivedBody implements Crowded {
  peerAddress = '';
  length = 0;
  private chunks: Buffer[] = [];

  /** `refuse`: the bodies on their way are too much, and this one is of who has most of them. */
  constructor(
    private readonly bodies: Crowd,
    private readonly refuse: () => void,
  ) {}

  /** Keeps a copy: the bytes are the parser's own and change after the call. */
  add(chunk: ArrayBuffer, isLast: boolean): void {
    this.length += chunk.byteLength;
    if (chunk.byteLength > 0) this.chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) this.bodies.hold(this, this.length);
  }

  /** Nothing more comes of it. */
  stop(): void {
    this.bodies.release(this);
  }

  drop(): void {
    this.chunks.length = 0;
    this.stop();
  }

  cut(): void {
    this.drop();
    this.refuse();
  }

  /** Null where there was none. */
  whole(): Buffer | null {
    const [only] = this.chunks;
    if (this.chunks.length > 1) return Buffer.concat(this.chunks, this.length);
    return only ?? null;
  }
}
