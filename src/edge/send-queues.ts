import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { addressOfBytes } from './peer-address.js';

/** Bytes that the system holds for a peer which has not acknowledged them: by address, then by the peer's port. */
export type SendQueues = ReadonlyMap<string, ReadonlyMap<number, number>>;

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const LITTLE_ENDIAN = endianness() === 'LE';

/**
 * The send queues of every connection to a local port, from the system's own table; null where it keeps none (any
 * system but Linux). Takes 0.3 ms with 200 connections and 25 ms with 20,000, in a thread of the pool.
 */
export async function readSendQueues(localPort: number): Promise<SendQueues | null> {
  const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => null)));
  if (tables.every((table) => table === null)) return null;
  return parseSendQueues(tables.join('\n'), localPort);
}

/** Lines as `sl local remote st tx:rx …`, everything in hexadecimal; addresses as words in the machine's byte order. */
export function parseSendQueues(table: string, localPort: number): SendQueues {
  const queues = new Map<string, Map<number, number>>();
  const local = `:${localPort.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let at = table.indexOf(local); at >= 0; at = table.indexOf(local, at + 1)) {
    const end = table.indexOf('\n', at);
    const [remote = '', , counts = ''] = table.slice(at + local.length, end < 0 ? undefined : end).split(' ', 3);
    const [address = '', port = ''] = remote.split(':');
    const queued = Number.parseInt(counts.split(':')[0] ?? '', 16);
    const peer = addressOfWords(address);
    // The local port as a peer's port, in a line of another connection, has no queue behind it.
    if (peer === '' || port === '' || Number.isNaN(queued)) continue;
    const ofPeer = queues.get(peer) ?? new Map<number, number>();
    queues.set(peer, ofPeer.set(Number.parseInt(port, 16), queued));
  }
  return queues;
}

function addressOfWords(hex: string): string {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return '';
  const bytes = Buffer.from(hex, 'hex');
  return addressOfBytes(LITTLE_ENDIAN ? bytes.swap32() : bytes);
}
