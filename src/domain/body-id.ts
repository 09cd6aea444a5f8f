/**
 * Ids of bodies are UUIDv7 minted with the database's clock: the first 48 bits are milliseconds, so their order is the
 * order of minting and a body's age can be told from its id alone, by the same clock on every node.
 */

/** How long after its minting a body may still be committed; under the chat's lock, by two clocks. */
export const COMMIT_WITHIN_MS = 5 * 60_000;

/** From this age on a body that no row names is an orphan: nobody can commit it any more, with as much again to spare. */
export const ORPHAN_AFTER_MS = 2 * COMMIT_WITHIN_MS;

const BYTES = 16;
const TIME_BYTES = 6;
const VERSION_7 = 7;

/** When an id was minted, or null where it is not one that Parley makes. */
export function mintedAt(id: Uint8Array): number | null {
  const version = (id[6] ?? 0) >> 4;
  if (id.length !== BYTES || version !== VERSION_7) return null;
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).readUIntBE(0, TIME_BYTES);
}

/** Below every id minted from then on. */
export function lowestIdFrom(milliseconds: number): Uint8Array {
  const id = Buffer.alloc(BYTES);
  id.writeUIntBE(Math.max(0, Math.floor(milliseconds)), 0, TIME_BYTES);
  return id;
}
