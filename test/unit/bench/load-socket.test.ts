import { expect } from 'chai';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { maskedFrame } from '../../../bench/lib/masked-frame.js';
import { LoadSocket } from '../../../bench/lib/web-socket.js';

describe('load socket', () => {
  let server: WebSocketServer;
  let peer: WebSocket;
  let client: LoadSocket;
  let authorization: string | undefined;

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.on('connection', (socket, request) => {
      peer = socket;
      authorization = request.headers.authorization;
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = await LoadSocket.open({ host: '127.0.0.1', port }, '/some/path', 'a-token');
  });

  afterEach(async () => {
    client.close();
    peer.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('opens with its token', () => {
    expect(authorization).to.equal('Bearer a-token');
  });

  it('sends frames of every length form', async () => {
    for (const length of [0, 1, 125, 126, 65_535]) {
      const text = 'x'.repeat(length);
      client.send(maskedFrame(text));
      const [data] = (await once(peer, 'message')) as [Buffer];
      expect(data.toString('utf8')).to.equal(text);
    }
  });

  it('hands on every frame whole, however the bytes arrive', async () => {
    const sent = [1, 125, 126, 65_535, 65_536, 300_000, 2].map((length, index) => String(index).repeat(length));
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      client.onFrame = (bytes, start, end) => {
        seen.push(bytes.toString('utf8', start, end));
        if (seen.length === sent.length) resolve();
      };
    });
    for (const text of sent) peer.send(text);
    await all;
    expect(seen).to.deep.equal(sent);
  });

  it('answers a ping with its bytes', async () => {
    peer.ping('are you there');
    const [data] = (await once(peer, 'pong')) as [Buffer];
    expect(data.toString('utf8')).to.equal('are you there');
  });

  it('says why it was closed', async () => {
    const closed = new Promise<Error>((resolve) => {
      client.onClose = resolve;
    });
    peer.close(4003, 'no access');
    expect((await closed).message).to.equal('closed with 4003 no access');
  });
});
