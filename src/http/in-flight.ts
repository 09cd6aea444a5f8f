import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../domain/errors.js';
import { Running } from '../domain/running.js';
import type { RequestHandler } from '../ports/listener.js';
import { answerError } from './errors.js';

export interface InFlight {
  readonly handle: RequestHandler;
  /** From here on every new request answers 503 `shutting_down` and ends its connection. */
  refuseNew(): void;
  /** Resolves once every request that was let in has been answered. */
  idle(): Promise<void>;
}

/** Counts the requests being answered, so that a stop can let them finish. */
export function trackInFlight(handler: RequestHandler): InFlight {
  const running = new Running();
  let refusing = false;

  return {
    async handle(request, response) {
      if (refusing) {
        refuse(request, response);
        return;
      }
      running.begin();
      try {
        await handler(request, response);
        if (!isAnswered(response)) await answered(response);
      } finally {
        running.end();
      }
    },
    refuseNew() {
      refusing = true;
    },
    idle: () => running.idle(),
  };
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = answerError(new AppError('shutting_down', { retryAfter: 1 }), null);
  request.resume();
  response.writeHead(status, {
    ...headers,
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The answer is handed to the system, or its client is gone. */
function isAnswered(response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed;
}

function answered(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('finish', resolve).once('close', resolve);
  });
}
