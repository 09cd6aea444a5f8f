import { MongoClient, type MongoClientOptions } from 'mongodb';
import { within } from '../../domain/patience.js';
import { MongoFailure } from './errors.js';

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

/** Throws for a connection string that no waiting makes right. Connects to nothing. */
export function expectMongoUrl(url: string): void {
  createMongoClient(url);
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

/**
 * `work`, or a rejection when it takes longer than the deadline. Driver 7.9 takes `timeoutMS` and does nothing with it,
 * and its other times add up: looking for a server, waiting for a connection, the answer, and all of that once more
 * for a read. Work that is given up goes on until the socket's own time; a write may still land.
 */
export function inTime<T>(work: Promise<T>, ms: number = MONGO_DEADLINE_MS): Promise<T> {
  return within(ms, work, () => {
    throw new MongoFailure('DeadlineExceeded', undefined);
  });
}
