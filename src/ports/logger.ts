/**
 * Structured log. The object holds facts for machines (ids, codes, durations), the message one constant sentence.
 * Never a secret, a body, a submitted value or a driver's error: the adapter scrubs, callers do not rely on it.
 */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
