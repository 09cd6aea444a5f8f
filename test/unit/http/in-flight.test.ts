import { createServer, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { trackInFlight } from '../../../src/http/in-flight.js';
import { close, listen } from './harness.js';

/** Whether a promise has settled by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('trackInFlight', () => {
  it('waits for answers on their way, and refuses what comes after', async () => {
    const held: ServerResponse[] = [];
    const requests = trackInFlight((_request, response) => void held.push(response));
    const server = createServer((request, response) => void requests.handle(request, response));
    const arrived = new Promise((resolve) => server.once('request', resolve));
    const url = await listen(server);
    try {
      await requests.idle();
      const first = fetch(url);
      await arrived;
      const idle = requests.idle();
      requests.refuseNew();
      const refused = await fetch(url, { method: 'POST', body: 'x' });
      expect(refused.status).to.equal(503);
      expect(refused.headers.get('connection')).to.equal('close');
      expect(await refused.json()).to.include({ code: 'shutting_down' });
      expect(await isDone(idle)).to.equal(false);
      held[0]?.end('done');
      expect(await (await first).text()).to.equal('done');
      await idle;
    } finally {
      await close(server);
    }
  });

  it('does not wait for clients that went away, nor for handlers that failed', async () => {
    const aborted = new AbortController();
    const requests = trackInFlight((request) => {
      if (request.url === '/fail') return Promise.reject(new Error('broken'));
      aborted.abort();
      return undefined;
    });
    const server = createServer((request, response) => {
      const handled = Promise.resolve(requests.handle(request, response));
      handled.catch(() => response.destroy());
    });
    const url = await listen(server);
    try {
      const outcomes = await Promise.allSettled([fetch(`${url}/fail`), fetch(url, { signal: aborted.signal })]);
      expect(outcomes.map((outcome) => outcome.status)).to.deep.equal(['rejected', 'rejected']);
      await requests.idle();
    } finally {
      await close(server);
    }
  });
});
