import { setTimeout as pause } from 'node:timers/promises';
import type { TestClient, TestUser } from '../../helpers/client.js';

/** 40 KB; sixty a second are more than the buffers on the way to one that does not read hold for long. */
const BUSY_CONTENT = '𝄞'.repeat(10_000);
const BETWEEN_SENDS_MS = 16;

/** Somebody who sends all the time, one message after the other, and notes how long each took. */
export class Sending {
  slowestMs = 0;
  sent = 0;
  failed = 0;
  private over = false;
  private readonly done: Promise<void>;

  constructor(client: TestClient, [sender]: readonly TestUser[], chatId: number) {
    if (sender === undefined) throw new Error('no sender');
    this.done = this.run(client, sender, chatId);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.done;
  }

  /** Where the server may have ended: nobody waits for an answer. */
  abandon(): void {
    this.over = true;
    this.done.catch(() => undefined);
  }

  private async run(client: TestClient, sender: TestUser, chatId: number): Promise<void> {
    while (!this.over) {
      const began = performance.now();
      await client.send(sender, { id: chatId }, BUSY_CONTENT).then(
        () => (this.sent += 1),
        // A kept connection may end while it is used for the next request, which is nobody's fault.
        () => (this.failed += 1),
      );
      this.slowestMs = Math.max(this.slowestMs, performance.now() - began);
      await pause(BETWEEN_SENDS_MS);
    }
  }
}
