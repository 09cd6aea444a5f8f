import { expect } from 'chai';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { rawFrame, TEXT, upgradeRequest } from '../../integration/ws/raw-client.js';
import type { TestApp } from '../../helpers/app.js';
import { requestText } from '../../helpers/raw-http.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { dropSockets } from '../../helpers/ws-client.js';
import { isSplit, report, rounds } from '../figures.js';
import type { SocketClient } from '../history/socket-client.js';
import { startBehindProxy } from './behind-proxy.js';
import { startProxiedApp, type ProxiedApp } from './proxied-app.js';
import type { FaultProxy } from './proxy.js';
import { done, judge, setFaultScene, socketOf, type FaultScene } from './scene.js';
import type { Shape } from './shape.js';

const SHAPES: readonly Shape[] = ['dribble', 'split', 'coalesce'];

/** Everything once, over REST and a socket; each answer has to be a success. */
async function talk(scene: FaultScene, socket: SocketClient, name: string): Promise<void> {
  const { ada, bob, chat, message } = scene;
  const sends = await Promise.all(
    Array.from({ length: 20 }, (_, index) => socket.send(`${name} ${index}`, `${name}-${index}`)),
  );
  expect(sends.map(({ phase }) => phase)).to.deep.equal(sends.map(() => 'ok'));
  done(await ada.send(chat, `${name} über REST 🎉`, `${name}-rest`));
  done(await ada.edit(message, `${name} edited`));
  done(await ada.rename(chat, `${name} of chat ${chat}`));
  done(await bob.list(chat));
}

describe('bytes that come in pieces', function () {
  this.timeout(120_000);
  let app: TestApp;
  let edge: FaultProxy;
  let through: ProxiedApp;

  before(async () => {
    ({ app, edge, through } = await startBehindProxy({}));
  });
  afterEach(() => {
    edge.heal();
    dropSockets();
  });
  after(() => through.stop());

  for (const shape of SHAPES) {
    it(`from and to clients: ${shape}`, async () => {
      const scene = await setFaultScene(through);
      edge.shape = shape;
      const socket = socketOf(through, scene, scene.ada);
      await socket.live();
      await talk(scene, socket, shape);
      await socket.close();
      await judge(through, scene);
    });
  }

  /** To the server itself. */
  async function open(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(app.url).port), noDelay: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  it('a handshake and a frame split at every offset are the same handshake and frame', async () => {
    const scene = await setFaultScene(through);
    const request = Buffer.from(upgradeRequest(`/api/v1/ws/${scene.chat}?token=${scene.ada.user.token}`));
    const step = rounds(5, 1);
    let handshakes = 0;
    for (let at = 1; at < request.length; at += step) {
      const socket = await open();
      socket.write(request.subarray(0, at));
      await setImmediate();
      socket.write(request.subarray(at));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1', 9, 12), `split at ${at}`).to.equal('101');
      socket.resetAndDestroy();
      handshakes += 1;
    }
    const socket = await open();
    socket.write(request);
    let received = '';
    socket.on('data', (bytes: Buffer) => (received += bytes.toString('latin1')));
    await once(socket, 'data');
    const length = frameOf(0).length;
    for (let at = 1; at < length; at += 1) {
      const frame = frameOf(at);
      socket.write(frame.subarray(0, at));
      await setImmediate();
      socket.write(frame.subarray(at));
      await waitUntil(() => check(received.includes(`"client_message_id":"${keyOf(at)}"`)), {
        what: `the ack of the frame split at ${at}`,
        deadlineMs: 5_000,
        everyMs: 2,
      });
    }
    socket.resetAndDestroy();
    const items = await scene.bob.view(scene.chat);
    expect(items).to.have.length(length);
    report('split at every offset', { handshakes, frames: length - 1 });
  });

  it('half frames and half requests have no effect', async () => {
    const scene = await setFaultScene(through);
    const { chat, ada, bob } = scene;
    const upgrade = upgradeRequest(`/api/v1/ws/${chat}?token=${ada.user.token}`);
    const frame = frameOf(0);
    const body = JSON.stringify({ chat_id: chat, content: 'half' });
    const headers = { Authorization: `Bearer ${ada.user.token}`, 'Content-Type': 'application/json' };
    const request = Buffer.from(requestText('POST', '/api/v1/messages', headers, body));
    let cut = 0;
    for (let at = 1; at < frame.length; at += rounds(4, 1)) {
      const socket = await open();
      socket.write(upgrade);
      await once(socket, 'data');
      await cutAfter(socket, frame.subarray(0, at));
      cut += 1;
    }
    for (let at = 1; at < request.length; at += rounds(11, 1)) {
      await cutAfter(await open(), request.subarray(0, at));
      cut += 1;
    }
    const stats = () => through.client.as(ada.user).get<{ total_connections: number }>('/ws/stats');
    await waitUntil(async () => check((await stats()).body.total_connections === 0), {
      what: 'every reset socket is gone',
      deadlineMs: 10_000,
    });
    done(await ada.send(chat, 'whole'));
    expect((await bob.view(chat)).map(({ seq }) => seq)).to.deep.equal([1, 2]);
    await judge(through, scene);
    report('half frames and requests', { cut, stored: 0 });
  });
});

function keyOf(at: number): string {
  return `split-${String(at).padStart(3, '0')}`;
}

function frameOf(at: number): Buffer {
  return rawFrame(TEXT, JSON.stringify({ type: 'message', content: keyOf(at), client_message_id: keyOf(at) }));
}

async function cutAfter(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  // A turn of the loop later the server has read them: it is in this process.
  await setImmediate();
  socket.resetAndDestroy();
}

function check(holds: boolean): Promise<void> {
  return holds ? Promise.resolve() : Promise.reject(new Error('not yet'));
}

function databaseSuite(): void {
  describe('bytes of the databases that come in pieces', function () {
    this.timeout(120_000);
    let proxied: ProxiedApp;
    before(async () => {
      proxied = await startProxiedApp();
    });
    after(() => proxied.stop());

    for (const shape of SHAPES) {
      it(shape, async () => {
        const scene = await setFaultScene(proxied);
        proxied.sql.shape = shape;
        proxied.mongo.shape = shape;
        const socket = socketOf(proxied, scene, scene.ada);
        await socket.live();
        await talk(scene, socket, shape);
        await socket.close();
        proxied.sql.heal();
        proxied.mongo.heal();
        await judge(proxied, scene);
      });
    }

    it('resets in the middle of everything leave whole messages only', async () => {
      const scene = await setFaultScene(proxied);
      const { ada, chat } = scene;
      for (let round = 0; round < rounds(20, 200); round += 1) {
        const target = round % 2 === 0 ? proxied.sql : proxied.mongo;
        const send = ada.send(chat, `reset ${round}`, `reset-${round}`);
        for (let turn = 0; turn < round % 13; turn += 1) await setImmediate();
        target.cut();
        await send;
      }
      for (let round = 0; round < rounds(20, 200); round += 1)
        done(await ada.send(chat, `reset ${round}`, `reset-${round}`));
      await judge(proxied, scene);
    });
  });
}

if (isSplit()) databaseSuite();
