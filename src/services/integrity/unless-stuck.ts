import { AppError } from '../../domain/errors.js';

/**
 * What `work` answers, or null where its chat's lock was not to be had in time. One chat that somebody keeps locked must
 * not keep an inspection from all that come after it; a database that is down fails at the next step by itself.
 */
export async function unlessStuck<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
