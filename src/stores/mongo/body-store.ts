import { Binary, MongoBulkWriteError, type Collection, type MongoClient, type WriteError, WriteConcern } from 'mongodb';
import { MESSAGES, type MessageDocument as DocumentOf } from '../../../schema/mongo/messages.js';
import type { Body, BodyStore, StoredBody } from '../../ports/body-store.js';
import { contentHash } from '../content-hash.js';
import { walkMongoBodies } from './body-walk.js';
import { inTime } from './deadline.js';
import { unavailable } from './errors.js';

type MessageDocument = DocumentOf<Binary>;

/** Bodies in MongoDB. Owns the client from here on. */
export function createMongoBodyStore(client: MongoClient, database: string): BodyStore {
  const db = client.db(database);
  // Pinned here, because options of the URL would be taken over the client's: a body that is not journaled can be lost,
  // and a secondary may not have it yet.
  const messages: Collection<MessageDocument> = db.collection(MESSAGES, {
    writeConcern: new WriteConcern('majority', undefined, true),
    readPreference: 'primary',
  });

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await inTime(work());
    } catch (error) {
      throw unavailable(error);
    }
  }

  return {
    async insert(bodies) {
      if (bodies.length === 0) return [];
      try {
        // Unordered: a bad one does not keep the rest from being stored.
        await inTime(messages.insertMany(bodies.map(toDocument), { ordered: false }));
        return [];
      } catch (error) {
        const failed = failedAlone(error);
        if (failed === null) throw unavailable(error);
        return failed;
      }
    },

    find: (ids) =>
      guarded(async () => {
        const found = new Map<string, StoredBody>();
        if (ids.length === 0) return found;
        const filter = { _id: { $in: ids.map(toBinary) } };
        for (const document of await messages.find(filter, { projection: { content: 1, sha256: 1 } }).toArray()) {
          found.set(hexOf(document._id), toStored(document));
        }
        return found;
      }),

    delete: (ids) =>
      guarded(async () => {
        if (ids.length === 0) return;
        await messages.deleteMany({ _id: { $in: ids.map(toBinary) } });
      }),

    walk: (after, limit) => guarded(() => walkMongoBodies(messages, after, limit)),

    ping: () =>
      guarded(async () => {
        await db.command({ ping: 1 });
      }),

    close: () => client.close(),
  };
}

/**
 * The items that the server refused one by one, or null where the fate of all of them is open: a write concern that
 * was not met, a lost connection, a time-out.
 */
function failedAlone(error: unknown): readonly number[] | null {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return null;
  const writeErrors: readonly WriteError[] = [error.writeErrors].flat();
  return writeErrors.length > 0 ? writeErrors.map((failure) => failure.index) : null;
}

function toDocument(body: Body): MessageDocument {
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

/** Whatever was put there by hand, a page goes on: what is not the text that was hashed is not intact. */
function toStored(document: Partial<Record<keyof MessageDocument, unknown>>): StoredBody {
  const { content, sha256 } = document;
  if (typeof content !== 'string' || !(sha256 instanceof Binary)) return { content: '', intact: false };
  return { content, intact: contentHash(content).equals(sha256.value()) };
}

function toBinary(id: Uint8Array): Binary {
  return new Binary(id, Binary.SUBTYPE_UUID);
}

function hexOf(id: Binary): string {
  return Buffer.from(id.value()).toString('hex');
}
