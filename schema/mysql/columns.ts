import { bigint, customType, datetime } from 'drizzle-orm/mysql-core';

/** UUID as its 16 bytes; Drizzle's own `binary()` would read it as text and destroy it. */
export const uuidBytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'binary(16)',
  toDriver: toBuffer,
});

/** SHA-256 as its 32 bytes. */
export const sha256Bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'binary(32)',
  toDriver: toBuffer,
});

/** Text that is compared by the bytes of its UTF-8 form: no collation, no padding, the same on every store. */
export const byteText = customType<{ data: string; driverData: Uint8Array; config: { length: number } }>({
  dataType: (config) => `varbinary(${config?.length ?? 255})`,
  toDriver: (text) => Buffer.from(text, 'utf8'),
  fromDriver: (bytes) => toBuffer(bytes).toString('utf8'),
});

/** Milliseconds, UTC. DATETIME, because TIMESTAMP ends in 2038 and changes itself on update. */
export function moment<TName extends string>(name: TName) {
  return datetime(name, { mode: 'date', fsp: 3 });
}

export function id<TName extends string>(name: TName) {
  return bigint(name, { mode: 'number', unsigned: true });
}

/** Signed although never negative: a difference of unsigned values below zero is an error in MySQL. */
export function counter<TName extends string>(name: TName) {
  return bigint(name, { mode: 'number' });
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
