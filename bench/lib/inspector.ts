import { once } from 'node:events';
import WebSocket from 'ws';

/** What a process says of its memory after a full garbage collection, in bytes. */
export interface LiveMemory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** The inspector of another process: measurements that cannot be made from outside. */
export interface Inspector {
  /** Collects garbage, twice as finalizers need it, and reads what is left. */
  liveMemory(): Promise<LiveMemory>;
  startProfile(): Promise<void>;
  /** The profile in the format of `.cpuprofile` files. */
  stopProfile(): Promise<CpuProfile>;
  close(): void;
}

/** The part of a `.cpuprofile` that is looked at here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SAMPLING_MICROS = 200;

export async function openInspector(port: number): Promise<Inspector> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    readonly webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '', { maxPayload: 1 << 30 });
  await once(socket, 'open');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let lastId = 0;

  socket.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString('utf8')) as Answer;
    const call = answer.id === undefined ? undefined : waiting.get(answer.id);
    if (answer.id === undefined || call === undefined) return;
    waiting.delete(answer.id);
    if (answer.error === undefined) call.resolve(answer.result);
    else call.reject(new Error(answer.error.message));
  });
  socket.on('close', () => {
    for (const call of waiting.values()) call.reject(new Error('the inspected process is gone'));
  });

  function call(method: string, params: object = {}): Promise<unknown> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  }

  return {
    async liveMemory() {
      await call('HeapProfiler.enable');
      await call('HeapProfiler.collectGarbage');
      await call('HeapProfiler.collectGarbage');
      await call('HeapProfiler.disable');
      const expression = 'JSON.stringify(process.memoryUsage())';
      const answer = (await call('Runtime.evaluate', { expression })) as {
        readonly result: { readonly value: string };
      };
      return JSON.parse(answer.result.value) as LiveMemory;
    },
    async startProfile() {
      await call('Profiler.enable');
      await call('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
      await call('Profiler.start');
    },
    async stopProfile() {
      const { profile } = (await call('Profiler.stop')) as { readonly profile: CpuProfile };
      await call('Profiler.disable');
      return profile;
    },
    close: () => socket.close(),
  };
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
