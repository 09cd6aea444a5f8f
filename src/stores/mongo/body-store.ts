import { WriteConcern, type Binary, type Collection, type MongoClient } from 'mongodb';
import { MESSAGES, type MessageDocument as DocumentOf } from '../../../schema/mongo/messages.js';
import type { BodyStore } from '../../ports/body-store.js';
import { findBodies } from './body-find.js';
import { insertDocuments, toBinary } from './body-insert.js';
import { sizesOfBodies } from './body-sizes.js';
import { walkMongoBodies } from './body-walk.js';
import { inTime } from './client.js';
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
    insert: (bodies) => guarded(() => insertDocuments(db, bodies)),

    find: (ids) => guarded(() => findBodies(db, messages, ids)),

    sizes: (ids) => guarded(() => sizesOfBodies(messages, ids)),

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
