interface Flushable {
  flush(): void;
}

/**
 * Lets the frames of one turn of the event loop leave together: a socket that is given an acknowledgement and the events
 * of the same batch writes once, not three times. A turn ends behind everything that is due in it (`setImmediate`), so
 * nothing waits for a timer.
 *
 * Of this listener only: `ws` writes each frame as it is given, and counts what a corked TCP socket holds back as queued,
 * so that a socket with nothing before it would seem to be behind and lose its ephemeral frames.
 */
export class WriteTurn {
  private sockets: Flushable[] = [];

  constructor(private readonly guard: (step: () => void) => void) {}

  /** To be called once per turn and socket, with its first frame. */
  endsWith(socket: Flushable): void {
    if (this.sockets.push(socket) === 1) setImmediate(() => this.end());
  }

  private end(): void {
    const { sockets } = this;
    this.sockets = [];
    for (const socket of sockets) this.guard(() => socket.flush());
  }
}
