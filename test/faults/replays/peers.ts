// Sockets in a process of their own, so that reading what they ask for takes nothing from whoever measures beside them.
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { PeersOrder } from './orders.js';

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PeersOrder;

function say(what: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

const began = performance.now();
const counts = { open: 0, ended: 0, refused: 0, closed: 0, bytes: 0 };

function isEnd(head: string): boolean {
  return head.startsWith('{"type":"ready"') || head.startsWith('{"type":"resync_required"');
}

for (const address of order.addresses) {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const ask = (): void => socket.send(JSON.stringify({ type: 'resume', since_rev: 1 }));
  socket.on('error', () => undefined);
  socket.on('close', () => (counts.closed += 1));
  socket.on('open', () => {
    counts.open += 1;
    if (counts.open === order.addresses.length) say({ open: counts.open });
    if (order.asks) ask();
  });
  socket.on('message', (data: Buffer) => {
    counts.bytes += data.byteLength;
    // The beginning says enough; parsing all of it would take more than the server needs to send it.
    const head = data.toString('latin1', 0, 32);
    const isOver = isEnd(head);
    if (isOver) counts.ended += 1;
    else if (head.startsWith('{"type":"error"')) counts.refused += 1;
    else return;
    if (order.asks) ask();
    else if (counts.ended === order.addresses.length) say({ ready: counts.ended, ms: performance.now() - began });
  });
}

setInterval(() => say({ ...counts }), 1_000);
// Without the test that started it, nobody ends this process.
process.on('disconnect', () => process.exit(1));
