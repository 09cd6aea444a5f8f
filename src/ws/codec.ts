import { AppError } from '../domain/errors.js';
import type { ServerFrame } from '../protocol/events.js';
import { decodeUtf8, findJsonFault } from '../protocol/json-text.js';

/** A client's frame before validation: an object with unknown keys and values. */
export type RawFrame = Readonly<Record<string, unknown>>;

/**
 * Bytes to an object. Throws `invalid_json` for a binary frame, ill-formed UTF-8, text that is not JSON or has one of
 * the faults of protocol/json-text.ts, and anything but an object.
 */
export function parseFrame(data: Uint8Array, binary: boolean): RawFrame {
  const text = binary ? null : decodeUtf8(data);
  if (text === null || findJsonFault(text) !== null) throw new AppError('invalid_json');
  const value = parseJson(text);
  if (!isObject(value)) throw new AppError('invalid_json');
  return value;
}

/** A frame to bytes, once for however many sockets it goes to. */
export function encodeFrame(frame: ServerFrame): Uint8Array {
  return Buffer.from(JSON.stringify(frame), 'utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the input.
    throw new AppError('invalid_json');
  }
}

function isObject(value: unknown): value is RawFrame {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
