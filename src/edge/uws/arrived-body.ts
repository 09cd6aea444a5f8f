/** The bytes of a request's body that have come so far. */
export class ArrivedBody {
  length = 0;
  private chunks: Buffer[] = [];

  /** Keeps a copy: the bytes are the parser's own and change after the call. */
  add(chunk: ArrayBuffer): void {
    this.length += chunk.byteLength;
    if (chunk.byteLength > 0) this.chunks.push(Buffer.from(new Uint8Array(chunk)));
  }

  drop(): void {
    this.chunks.length = 0;
  }

  /** Null where there was none. */
  whole(): Buffer | null {
    const [only] = this.chunks;
    if (this.chunks.length > 1) return Buffer.concat(this.chunks, this.length);
    return only ?? null;
  }
}
