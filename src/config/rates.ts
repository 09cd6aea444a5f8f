import type { SettingName } from './names.js';
import type { SettingsReader } from './reader.js';
import type { RateSetting, RateSettings } from './types.js';

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 } as const;
const RATE = /^(\d{1,9})(KB|MB|GB)?\/(\d{1,5})([smhd])$/i;
/** The longest message in UTF-8: a limit below it would refuse that message for ever. */
const LEAST_BYTES = 40_000;
const MOST_DAYS = 7;

const FORM = 'must be 0 (off) or limits such as 60/1m, 10/1s: a number, a slash, and a time in s, m, h or d';

/**
 * Each default leaves room for 30 requests in one second, 60 messages a minute for hours, a hundred messages deleted in one
 * go, a client that comes back with a thousand chats or a hundred sockets, and what a minute's flood has used up before.
 */
export function readRates(reader: SettingsReader): RateSettings {
  return {
    send: readRate(reader, 'RATE_SEND', '100/1s, 600/1m, 4MB/1m, 60MB/1h', true),
    edit: readRate(reader, 'RATE_EDIT', '100/1s, 300/1m, 2MB/1m, 20MB/1h', true),
    create_chat: readRate(reader, 'RATE_CREATE_CHAT', '60/1m, 600/1h', false),
    add_people: readRate(reader, 'RATE_ADD_PEOPLE', '120/1m, 600/1h', false),
    read: readRate(reader, 'RATE_READ', '200/1s, 3000/1m', false),
    search: readRate(reader, 'RATE_SEARCH', '30/1s, 300/1m', false),
    changes: readRate(reader, 'RATE_CHANGES', '150/1s, 600/1m', false),
  };
}

function readRate(
  reader: SettingsReader,
  name: SettingName,
  fallback: string,
  mayBeBytes: boolean,
): readonly RateSetting[] {
  const text = reader.text(name) ?? fallback;
  if (text === '0') return [];
  const rates = text.split(',').map((part) => parseRate(part.trim()));
  const known = rates.filter((rate) => rate !== null);
  if (known.length < rates.length) reader.problem(name, mayBeBytes ? `${FORM}; or of bytes, such as 4MB/1h` : FORM);
  else if (known.some(({ of }) => of === 'bytes') && !mayBeBytes) {
    reader.problem(name, 'must count calls: bytes count for RATE_SEND and RATE_EDIT only');
  } else if (known.some(({ of, most }) => of === 'bytes' && most < LEAST_BYTES)) {
    reader.problem(name, 'must let 40KB through in each window: the longest message has that many');
  }
  return known;
}

/** One limit; null where it is none. */
function parseRate(text: string): RateSetting | null {
  const [, number, bytes, length, unit] = RATE.exec(text) ?? [];
  if (number === undefined || length === undefined || unit === undefined) return null;
  const windowMs = Number(length) * UNITS_MS[unit.toLowerCase() as keyof typeof UNITS_MS];
  const most = Number(number) * (bytes === undefined ? 1 : BYTES[bytes.toUpperCase() as keyof typeof BYTES]);
  if (most === 0 || windowMs === 0 || windowMs > MOST_DAYS * UNITS_MS.d) return null;
  return { most, of: bytes === undefined ? 'calls' : 'bytes', windowMs };
}
