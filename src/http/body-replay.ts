type Listener = (chunk?: Buffer) => void;

/**
 * Bytes that have arrived already, as the stream that body parsers read: one `data`, then `end`, once the
 * code that begins to listen has run. Nothing else of a stream is here, because making a real one takes longer than to parse
 * the body of a message.
 */
export class BodyReplay {
  readonly readable = true;
  private onData: Listener = nothing;
  private onEnd: Listener = nothing;

  /** Of the replay, not of the request: it has no coding, however the request spelled that. */
  readonly headers: { readonly 'content-length': string };

  constructor(private readonly bytes: Buffer) {
    this.headers = { 'content-length': String(bytes.byteLength) };
  }

  on(event: string, listener: Listener): this {
    if (event === 'data') this.onData = listener;
    if (event === 'end') {
      this.onEnd = listener;
      queueMicrotask(() => this.flow());
    }
    return this;
  }

  removeListener(event: string): this {
    if (event === 'data') this.onData = nothing;
    if (event === 'end') this.onEnd = nothing;
    return this;
  }

  /** Asked for after an error, when there is nothing left to hold back. */
  unpipe(): this {
    return this;
  }

  private flow(): void {
    this.onData(this.bytes);
    this.onEnd();
  }
}

function nothing(): void {
  // Nobody listens.
}
