import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The proxies whose X-Forwarded-For is believed, as networks. */
export type TrustedProxies = readonly (readonly [Address, number])[];

/** Stands for a peer whose address the transport no longer knows; all of them share their limits. */
const UNKNOWN = 'unknown';
/**
 * The networks of an IPv6 address, narrowest first. Who has one address has its /64 to choose from at will; homes are
 * given a /56, firms and whoever rents a server a /48, free of charge. A wider network holds more people, so that it may
 * do more before it is bounded, and far less than its parts together could.
 */
const IPV6_NETWORKS = [
  { bits: 64, factor: 1 },
  { bits: 56, factor: 4 },
  { bits: 48, factor: 16 },
] as const;

/** Something that is counted by, and how many times the usual bound counts for it. */
export interface Network {
  readonly key: string;
  readonly factor: number;
}

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

/**
 * What limits count by, narrowest first: an IPv4 address itself, for IPv6 its /64, /56 and /48. At least one; the first
 * of them has the factor 1.
 */
export function networksOf(address: string): readonly [Network, ...Network[]] {
  const parsed = parseAddress(address);
  if (parsed === null) return [{ key: UNKNOWN, factor: 1 }];
  if (parsed.kind() === 'ipv4') return [{ key: parsed.toString(), factor: 1 }];
  const text = parsed.toString();
  const [site, ...wider] = IPV6_NETWORKS;
  return [networkOf(text, site), ...wider.map((width) => networkOf(text, width))];
}

function networkOf(address: string, { bits, factor }: (typeof IPV6_NETWORKS)[number]): Network {
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return { key: `${network.toString()}/${bits}`, factor };
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
