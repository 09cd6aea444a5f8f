import type { Lane } from './measure.js';
import type { SocketSender } from './socket-sender.js';

type Done = (error?: Error) => void;

/**
 * Lanes that all send on one socket; an operation is complete when as many events have arrived, over all receivers, as
 * it and the ones before it cause.
 */
export class FanOut {
  private sent = 0;
  private completed = 0;
  private delivered = 0;
  private readonly waiting: Done[] = [];

  constructor(
    receivers: readonly SocketSender[],
    private readonly send: () => void,
  ) {
    for (const receiver of receivers) receiver.onEvent = () => this.arrived(receivers.length);
  }

  /** One lane per message that may be on its way. */
  lanes(inFlight: number): Lane[] {
    return Array.from({ length: inFlight }, () => ({
      begin: (done: Done) => {
        this.waiting.push(done);
        this.sent += 1;
        this.send();
      },
    }));
  }

  private arrived(receivers: number): void {
    this.delivered += 1;
    while (this.completed < this.sent && this.delivered >= (this.completed + 1) * receivers) {
      this.completed += 1;
      this.waiting.shift()?.();
    }
  }
}
