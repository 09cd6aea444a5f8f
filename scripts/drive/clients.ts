import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Json {
  [key: string]: unknown;
}

/** One request by curl: status and parsed body. */
export async function curl(
  url: string,
  method: string,
  token: string | null,
  body?: Json,
): Promise<{ status: number; json: Json }> {
  const args = ['-s', '-X', method, '-w', '\n%{http_code}', url];
  if (token !== null) args.push('-H', `Authorization: Bearer ${token}`);
  if (body !== undefined) args.push('-H', 'Content-Type: application/json', '-d', JSON.stringify(body));
  const { stdout } = await run('curl', args, { timeout: 20_000 });
  const cut = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(cut + 1)), json: JSON.parse(stdout.slice(0, cut)) as Json };
}

export interface Wscat {
  next(type: string): Promise<Json>;
  send(frame: Json): void;
  /** Resolves once the socket is live. */
  live(): Promise<void>;
  stop(): void;
}

/** A wscat that stays open; `next` waits for a frame. */
export function wscat(url: string): Wscat {
  const child = spawn('node_modules/.bin/wscat', ['--no-color', '-c', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const frames: Json[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const start = line.indexOf('{');
    if (start < 0) return;
    try {
      frames.push(JSON.parse(line.slice(start)) as Json);
    } catch {
      frames.push({ type: 'unreadable', line });
    }
    lines.emit('frame');
  });
  async function next(type: string): Promise<Json> {
    const deadline = AbortSignal.timeout(10_000);
    for (;;) {
      const index = frames.findIndex((frame) => frame['type'] === type);
      if (index >= 0) return frames.splice(index, 1)[0] ?? {};
      await once(lines, 'frame', { signal: deadline }).catch(() => {
        throw new Error(`no ${type} frame within 10 s`);
      });
    }
  }
  const send = (frame: Json): void => void child.stdin.write(`${JSON.stringify(frame)}\n`);
  return {
    next,
    send,
    async live() {
      // What is typed before the connection stands is lost, and without a terminal wscat does not say when it does.
      const timer = setInterval(() => send({ type: 'ping' }), 250);
      await next('pong').finally(() => clearInterval(timer));
    },
    stop: () => child.kill('SIGTERM'),
  };
}
