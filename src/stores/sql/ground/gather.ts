import { nextTurn } from '../../../domain/next-turn.js';

/** Keys of one statement: its text stays short, and other statements get in between. */
const MOST_KEYS = 256;

interface Asked<K, V> {
  readonly key: K;
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads for everybody who asks in the same turn of the event loop by one statement: when clients come back all at once, each
 * asks the same few questions. The statement begins after the last of them was asked, so whoever has to read after
 * something else has happened (joining reads after registering) does. Alone it costs the rest of the turn, no timer.
 */
export class SharedStatement<K, V> {
  private asked: Asked<K, V>[] = [];

  /** `readAll` answers in the order of the keys. */
  constructor(private readonly readAll: (keys: readonly K[]) => Promise<readonly V[]>) {}

  /** Rejects as the statement does; those who share it share its failure. */
  get(key: K): Promise<V> {
    return new Promise<V>((resolve, reject) => {
      if (this.asked.push({ key, resolve, reject }) === 1) setImmediate(() => void this.flush());
    });
  }

  private async flush(): Promise<void> {
    const { asked } = this;
    this.asked = [];
    for (let from = 0; from < asked.length; from += MOST_KEYS) {
      if (from > 0) await nextTurn();
      void this.read(asked.slice(from, from + MOST_KEYS));
    }
  }

  private async read(asked: readonly Asked<K, V>[]): Promise<void> {
    try {
      const values = await this.readAll(asked.map(({ key }) => key));
      if (values.length !== asked.length) throw new TypeError('an answer for every key');
      asked.forEach(({ resolve }, at) => resolve(values[at] as V));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
