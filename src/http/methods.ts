import { METHODS } from 'node:http';

const KNOWN: ReadonlySet<string> = new Set(METHODS);

/** A method that HTTP has, in its one spelling. */
export function isKnownMethod(method: string): boolean {
  return KNOWN.has(method);
}
