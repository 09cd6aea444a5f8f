import { Binary, type Collection, type MongoClient, WriteConcern } from 'mongodb';
import { MESSAGES, type MessageDocument as DocumentOf } from '../../../schema/mongo/messages.js';
import type { BodyStore, StoredBody } from '../../ports/body-store.js';
import { contentHash } from '../content-hash.js';
import { insertBodies, toBinary } from './body-insert.js';
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
    insert: (bodies) => guarded(() => insertBodies(db, bodies)),

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

/** Whatever was put there by hand, a page goes on: what is not the text that was hashed is not intact. */
function toStored(document: Partial<Record<keyof MessageDocument, unknown>>): StoredBody {
  const { content, sha256 } = document;
  if (typeof content !== 'string' || !(sha256 instanceof Binary)) return { content: '', intact: false };
  return { content, intact: contentHash(content).equals(sha256.value()) };
}

function hexOf(id: Binary): string {
  return Buffer.from(id.value()).toString('hex');
}
