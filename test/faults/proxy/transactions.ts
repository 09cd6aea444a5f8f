import type { Packet } from './framing.js';

const PAYLOAD = 4;
const IN_TRANSACTION = 0x0001;
const MORE_RESULTS = 0x0008;

/**
 * Fits the packet that carries the COMMIT of a transaction in which a statement matched `changes`, or, for `reply`, the
 * server's OK to that COMMIT: what it said to statements before it in the same packet passes.
 */
export function commitOf(changes: RegExp, direction: Packet['direction']): (packet: Packet) => boolean {
  const texts = new Map<number, string>();
  const committing = new Set<number>();
  return (packet) => {
    const { connection, command } = packet;
    if (packet.direction === 'reply') return direction === 'reply' && committing.has(connection) && isFinalOk(packet);
    committing.delete(connection);
    const text = /^\s*(START TRANSACTION|BEGIN)/i.test(command) ? command : `${texts.get(connection) ?? ''} ${command}`;
    if (!carriesCommit(packet)) {
      texts.set(connection, text);
      return false;
    }
    texts.delete(connection);
    if (changes.test(text)) committing.add(connection);
    return direction === 'request' && committing.has(connection);
  };
}

export function carriesCommit({ direction, command }: Packet): boolean {
  return direction === 'request' && /\bCOMMIT\b/.test(command);
}

/** The same packet without its COMMIT: what it changes stays open in the transaction, and is rolled back with it. */
export function withoutCommit({ bytes }: Packet): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/\bCOMMIT\b/, 'DO   1'), 'latin1');
}

/** No rows, no id, no transaction left, nothing more to come. */
function isFinalOk({ bytes }: Packet): boolean {
  if (bytes.length < PAYLOAD + 7 || bytes.readUIntBE(PAYLOAD, 3) !== 0) return false;
  return (bytes.readUInt16LE(PAYLOAD + 3) & (IN_TRANSACTION | MORE_RESULTS)) === 0;
}

/** The statement that the server refuses to run: an ERR packet to its first packet. */
export function refusedWith(errno: number, sqlState = 'HY000'): (packet: Packet) => Buffer {
  return () => {
    const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#${sqlState}refused`)]);
    const header = Buffer.alloc(PAYLOAD);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = 1;
    return Buffer.concat([header, payload]);
  };
}
