import { customType, integer } from 'drizzle-orm/sqlite-core';

type DriverBytes = ArrayBuffer | Uint8Array;

const bytes = customType<{ data: Uint8Array; driverData: DriverBytes }>({
  dataType: () => 'blob',
  fromDriver: toBuffer,
});

/** UUID as its 16 bytes. */
export const uuidBytes = bytes;

/** SHA-256 as its 32 bytes. */
export const sha256Bytes = bytes;

/** Text that is compared by the bytes of its UTF-8 form; a length is not enforced here, validators do that. */
export const byteText = customType<{ data: string; driverData: DriverBytes }>({
  dataType: () => 'blob',
  toDriver: (text) => Buffer.from(text, 'utf8'),
  fromDriver: (value) => toBuffer(value).toString('utf8'),
});

/** Milliseconds since the epoch, UTC. */
export function moment<TName extends string>(name: TName) {
  return integer(name, { mode: 'timestamp_ms' });
}

export function id<TName extends string>(name: TName) {
  return integer(name);
}

export function counter<TName extends string>(name: TName) {
  return integer(name);
}

export function flag<TName extends string>(name: TName) {
  return integer(name, { mode: 'boolean' });
}

function toBuffer(value: DriverBytes): Buffer {
  return value instanceof ArrayBuffer
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
