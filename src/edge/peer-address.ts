import ipaddr from 'ipaddr.js';

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
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}
