import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The proxies whose X-Forwarded-For is believed, as networks. */
export type TrustedProxies = readonly (readonly [Address, number])[];

/** Stands for a peer whose address the transport no longer knows; all of them share one throttle. */
const UNKNOWN = 'unknown';
/** Bits of an IPv6 address that name one customer; the other 64 are theirs to change at will. */
const IPV6_SITE_BITS = 64;

/** Addresses and CIDR ranges as TRUSTED_PROXIES lists them; throws a RangeError that names the first bad entry's place. */
export function parseTrustedProxies(entries: readonly string[]): TrustedProxies {
  return entries.map((entry, index) => {
    const [text = '', bits, ...rest] = entry.split('/');
    const address = parseAddress(text);
    if (address !== null && rest.length === 0) {
      const width = address.kind() === 'ipv4' ? 32 : 128;
      const length = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
      if (length <= width) return [address, length] as const;
    }
    throw new RangeError(`Entry ${index + 1} is neither an IP address nor a CIDR range`);
  });
}

/**
 * Where a request comes from: the peer itself unless it is a trusted proxy; then the right-most address of
 * X-Forwarded-For that is no trusted proxy. Whatever stands left of it was written by the client and proves nothing.
 * An unreadable entry ends the walk at the last proxy that vouched for it. IPv4-mapped addresses come out as IPv4.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  let address = parseAddress(peer ?? '');
  if (address === null) return UNKNOWN;
  const hops = (forwardedFor ?? '').split(',').reverse();
  for (const hop of hops) {
    if (!isTrusted(address, trusted)) break;
    const before = parseAddress(withoutPort(hop.trim()));
    if (before === null) break;
    address = before;
  }
  return address.toString();
}

/** What a throttle counts by: the address itself, for IPv6 its /64. */
export function throttleKeyOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) return UNKNOWN;
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const site = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_SITE_BITS}`);
  return `${site.toString()}/${IPV6_SITE_BITS}`;
}

function isTrusted(address: Address, trusted: TrustedProxies): boolean {
  return trusted.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/** Only the plain forms: `010.1`, `0x7f.1` and zone ids are nothing a proxy writes. */
function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop);
  return match?.[1] ?? hop;
}
