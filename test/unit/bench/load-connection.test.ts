import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoadConnection, requestBytes } from '../../../bench/lib/http-connection.js';
import type { Endpoint } from '../../../bench/lib/web-socket.js';

describe('load connection', () => {
  let server: Server;
  let endpoint: Endpoint;
  let connection: LoadConnection;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    connection = await LoadConnection.open(endpoint);
  });

  afterEach(async () => {
    connection.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function request(bytes: Buffer, expected = 200): Promise<Error | undefined> {
    return new Promise((resolve) => connection.request(bytes, expected, resolve));
  }

  it('sends what it was given and reads one whole answer after the other', async () => {
    const seen: string[] = [];
    answer = (incoming, response) => {
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => seen.push(`${incoming.method} ${incoming.url} ${text}`));
      incoming.on('end', () => {
        const body = Buffer.alloc(seen.length === 2 ? 1_000_000 : 5, 'x');
        response.writeHead(201, { 'content-length': body.byteLength }).end(body);
      });
    };
    for (const json of ['"first"', '"second"', '"third"']) {
      expect(await request(requestBytes(endpoint, { method: 'POST', path: '/p', json }), 201)).to.equal(undefined);
    }
    expect(seen).to.deep.equal(['POST /p "first"', 'POST /p "second"', 'POST /p "third"']);
  });

  it('is done with an empty answer', async () => {
    answer = (_request, response) => response.writeHead(200, { 'content-length': 0 }).end();
    const bytes = requestBytes(endpoint, { method: 'GET', path: '/' });
    expect(await request(bytes)).to.equal(undefined);
    expect(await request(bytes)).to.equal(undefined);
  });

  it('calls another status an error, and a connection that is gone', async () => {
    answer = (_request, response) => response.writeHead(503, { 'content-length': 2 }).end('no');
    const bytes = requestBytes(endpoint, { method: 'GET', path: '/', token: 't' });
    expect((await request(bytes))?.message).to.equal('answered 503 instead of 200');
    answer = (_request, response) => response.destroy();
    expect(await request(bytes)).to.be.instanceOf(Error);
    expect(await request(bytes)).to.be.instanceOf(Error);
  });
});
