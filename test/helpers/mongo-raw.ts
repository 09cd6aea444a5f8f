import { once } from 'node:events';
import { connect } from 'node:net';
import { BSON } from 'mongodb';

const OP_MSG = 2013;
/** Message length, request id, response to, opcode; then flags and the kind of the only section. */
const HEADER_BYTES = 16;
const BODY_AT = HEADER_BYTES + 5;

/** One command whose BSON is changed on its way, to say what no driver says. Fails unless one document is changed by it. */
export async function sendRaw(url: string, command: object, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = Buffer.from(BSON.serialize(command));
  change(bytes);
  const header = Buffer.alloc(BODY_AT);
  header.writeInt32LE(BODY_AT + bytes.length, 0);
  header.writeInt32LE(OP_MSG, 12);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    socket.write(Buffer.concat([header, bytes]));
    let reply = Buffer.alloc(0);
    while (reply.length < HEADER_BYTES || reply.length < reply.readInt32LE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      reply = Buffer.concat([reply, chunk]);
    }
    const answer = BSON.deserialize(reply.subarray(BODY_AT));
    if (answer['ok'] !== 1 || answer['nModified'] !== 1) throw new Error('the raw command changed nothing');
  } finally {
    socket.destroy();
  }
}
