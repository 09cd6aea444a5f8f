import { connect } from 'node:net';

/** What a raw connection got before it ended. */
export interface RawAnswer {
  /** Of the first answer; null where the connection ended without one. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Bytes that the other side had taken when it answered or closed. */
  readonly bytesSent: number;
}

export interface RawOptions {
  /** Keep sending this after the payload until an answer comes. */
  readonly endless?: Buffer;
  /** Give up when nothing has come by then. */
  readonly timeoutMs?: number;
}

/**
 * Sends bytes as they are to an HTTP server and reads one answer. For requests that no client library would make; they
 * should ask for `Connection: close` unless the test is about that.
 */
export function sendRaw(url: string, payload: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    let done = false;

    function finish(): void {
      if (done) return;
      done = true;
      clearTimeout(timer);
      const bytesSent = socket.bytesWritten - socket.writableLength;
      socket.destroy();
      resolve({ ...parseAnswer(Buffer.concat(received).toString('latin1')), bytesSent });
    }
    function sendMore(): void {
      const chunk = options.endless;
      while (!done && chunk !== undefined && socket.write(chunk));
    }
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('the server neither answered nor closed'));
    }, options.timeoutMs ?? 15_000);

    socket.on('connect', () => {
      socket.write(payload);
      sendMore();
    });
    socket.on('drain', sendMore);
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (isComplete(Buffer.concat(received).toString('latin1'))) finish();
    });
    // A reset after the answer is how a server stops a sender; one before it leaves the answer empty.
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

/** A request as text, for `sendRaw`. */
export function requestText(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const all: Record<string, string> = { Host: '127.0.0.1', Connection: 'close', ...headers };
  if (body !== '' && !('Content-Length' in all) && !('Transfer-Encoding' in all)) {
    all['Content-Length'] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}

function parseAnswer(text: string): Omit<RawAnswer, 'bytesSent'> {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return {
    status: status === undefined ? null : Number(status),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  };
}
