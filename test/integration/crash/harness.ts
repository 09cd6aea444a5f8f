import { freshStorage, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { dropSockets } from '../../helpers/ws-client.js';
import { runProcess, type Run } from '../process/run.js';

/** A server process that can be ended in any way and started again on the same data. */
export class CrashHarness {
  #storage: FreshStorage | null = null;
  #run: Run | null = null;

  async start(): Promise<TestClient> {
    this.#storage ??= await freshStorage();
    const env = { ...TEST_ENVIRONMENT, ...this.#storage.env };
    this.#run = runProcess({ file: 'src/main.ts' }, this.#storage.env['DATA_DIR'] ?? '.', env);
    const { url } = await this.#run.event((event) => typeof event['url'] === 'string');
    return new TestClient(String(url));
  }

  /** Sends the signal and answers the exit code, or the signal that ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null> {
    this.#run?.child.kill(signal);
    return (await this.#run?.exit()) ?? null;
  }

  async dispose(): Promise<void> {
    dropSockets();
    await this.#run?.dispose();
    await this.#storage?.remove();
  }
}
