import { validateHeaderName, validateHeaderValue } from 'node:http';

export type HeaderValue = number | string | readonly string[];

/** Names that have been found well-formed, with their lower-case form; handlers use the same few. */
const LOWER = new Map<string, string>();
const MOST_NAMES = 200;

/**
 * The header fields of one answer, in the order in which they were first set. Answers have about ten, so that walking a
 * list is faster than any table; with the base class's own, fields took 11 % of the time of a small answer.
 */
export class HeaderFields {
  readonly names: string[] = [];
  readonly values: HeaderValue[] = [];

  get(name: string): HeaderValue | undefined {
    return this.values[this.names.indexOf(lower(name))];
  }

  has(name: string): boolean {
    return this.names.includes(lower(name));
  }

  /** Throws as node:http does for what cannot be written in a header line. */
  set(name: string, value: HeaderValue): void {
    const field = wellFormed(name);
    validateHeaderValue(name, value as string);
    const at = this.names.indexOf(field);
    if (at < 0) {
      this.names.push(field);
      this.values.push(value);
    } else {
      this.values[at] = value;
    }
  }

  /** One more line of this name. */
  append(name: string, value: string | readonly string[]): void {
    const before = this.get(name);
    if (before === undefined) this.set(name, value);
    else this.set(name, [before, value].flat().map(String));
  }

  remove(name: string): void {
    const at = this.names.indexOf(lower(name));
    if (at < 0) return;
    this.names.splice(at, 1);
    this.values.splice(at, 1);
  }
}

function lower(name: string): string {
  return LOWER.get(name) ?? name.toLowerCase();
}

function wellFormed(name: string): string {
  const known = LOWER.get(name);
  if (known !== undefined) return known;
  validateHeaderName(name);
  const field = name.toLowerCase();
  if (LOWER.size < MOST_NAMES) LOWER.set(name, field);
  return field;
}
