import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../ports/listener.js';
import { ERROR_CODES } from '../protocol/error-codes.js';
import type { ProblemResource } from '../protocol/resources.js';

/** Knows which requests are being answered, so that a stop can wait for them. */
export interface InFlight {
  readonly handle: RequestHandler;
  /** From now on requests on connections that are still open get 503 `shutting_down` and lose their connection. */
  refuseNew(): void;
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
}

export function trackInFlight(next: RequestHandler): InFlight {
  let count = 0;
  let refusing = false;
  let waiting: (() => void)[] = [];

  function ended(): void {
    count -= 1;
    if (count > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    handle(request: IncomingMessage, response: ServerResponse) {
      if (refusing) return refuse(request, response);
      count += 1;
      // `close` comes once for every response, sent or abandoned.
      response.once('close', ended);
      return next(request, response);
    },
    refuseNew() {
      refusing = true;
    },
    idle() {
      if (count === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const { status, title, detail } = ERROR_CODES.shutting_down;
  const problem: ProblemResource = {
    type: 'about:blank',
    title,
    status,
    detail,
    code: 'shutting_down',
    instance: 'about:blank',
  };
  request.resume();
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    connection: 'close',
    'retry-after': '1',
  });
  response.end(JSON.stringify(problem));
}
