/** A peer's address as text; an IPv4 peer of a dual-stack port looks like one of an IPv4 port. */
export function normalAddress(text: string): string {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}

/** The same from the 4 or 16 bytes of a socket address; anything else is empty. IPv6 as RFC 5952 writes it. */
export function addressOfBytes(bytes: Uint8Array): string {
  if (bytes.byteLength === 4) return bytes.join('.');
  if (bytes.byteLength !== 16) return '';
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.subarray(12).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return compress(groups);
}

function compress(groups: readonly string[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === '0') end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
