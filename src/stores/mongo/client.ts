import { MongoClient, type MongoClientOptions } from 'mongodb';

/** Every operation is answered by then, waiting for a connection included (deadline.ts). */
export const MONGO_DEADLINE_MS = 5_000;

/**
 * Journaled on a majority: a standalone server would acknowledge in memory otherwise. A write is never retried by the
 * driver: under one `_id` it would be a duplicate of itself, and a fresh one is the writer's business.
 */
export function createMongoClient(url: string): MongoClient {
  try {
    return new MongoClient(url, OPTIONS);
  } catch {
    // The parser's message repeats the string, password included.
    throw new Error('MONGODB_URL is not a connection string that the MongoDB driver takes');
  }
}

const OPTIONS: MongoClientOptions = {
  appName: 'parley',
  writeConcern: { w: 'majority', journal: true },
  retryWrites: false,
  serverSelectionTimeoutMS: MONGO_DEADLINE_MS,
  connectTimeoutMS: MONGO_DEADLINE_MS,
  socketTimeoutMS: MONGO_DEADLINE_MS,
  waitQueueTimeoutMS: MONGO_DEADLINE_MS,
  maxPoolSize: 20,
  promoteBuffers: false,
};
