import { Binary, type Db } from 'mongodb';
import { MESSAGES, type MessageDocument as DocumentOf } from '../../../schema/mongo/messages.js';
import type { Body } from '../../ports/body-store.js';
import { contentHash } from '../content-hash.js';
import { MongoFailure } from './errors.js';

/** Of one command; the server takes 16 MiB. A batch of sends stays below it, whatever it holds. */
const COMMAND_BYTES = 15 * 1024 * 1024;
/** All of a document but its content, generously. */
const DOCUMENT_BYTES = 512;

/**
 * Inserts bodies, journaled on a majority, and answers the indexes of those that the server refused by themselves. Throws
 * where the fate of all is open: a write concern that was not met, a lost connection, a time-out.
 * The command itself, not the driver's `insertMany`: that measures every document before it writes it, and takes a quarter
 * more of the time of a batch (1.0 instead of 1.4 ms for 30 bodies). The write concern is named here, because options of
 * the URL would be taken over the client's: a body that is not journaled can be lost.
 */
export async function insertDocuments(db: Db, bodies: readonly Body[]): Promise<readonly number[]> {
  const failed: number[] = [];
  let from = 0;
  while (from < bodies.length) {
    const until = endOfCommand(bodies, from);
    const part = from;
    const refused = await insertTogether(db, bodies.slice(from, until));
    failed.push(...refused.map((index) => part + index));
    from = until;
  }
  return failed;
}

function endOfCommand(bodies: readonly Body[], from: number): number {
  let bytes = 0;
  for (let index = from; index < bodies.length; index += 1) {
    // At most three bytes of UTF-8 for each unit of UTF-16.
    bytes += DOCUMENT_BYTES + 3 * (bodies[index]?.content.length ?? 0);
    if (bytes > COMMAND_BYTES && index > from) return index;
  }
  return bodies.length;
}

async function insertTogether(db: Db, bodies: readonly Body[]): Promise<readonly number[]> {
  const command = {
    insert: MESSAGES,
    documents: bodies.map(toDocument),
    // A bad one does not keep the rest from being stored.
    ordered: false,
    writeConcern: { w: 'majority', j: true },
  };
  const reply = await db.command(command, { readPreference: 'primary' });
  if (reply['writeConcernError'] !== undefined) throw new MongoFailure('MongoWriteConcernError', undefined);
  const errors: unknown = reply['writeErrors'];
  const refused = Array.isArray(errors) ? errors.map((error: { readonly index: unknown }) => Number(error.index)) : [];
  // What is neither stored nor refused by name may be anywhere.
  if (Number(reply['n']) + refused.length !== bodies.length) throw new MongoFailure('UnknownReply', undefined);
  return refused;
}

function toDocument(body: Body): DocumentOf<Binary> {
  return {
    _id: toBinary(body.id),
    message_id: toBinary(body.messageId),
    chat_id: body.chatId,
    sender_id: body.senderId,
    content: body.content,
    timestamp: body.timestamp,
    sha256: new Binary(contentHash(body.content)),
  };
}

export function toBinary(id: Uint8Array): Binary {
  return new Binary(id, Binary.SUBTYPE_UUID);
}
