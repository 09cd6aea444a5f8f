import { SETTING_NAMES, type SettingName } from './names.js';

/** Words that people and other programs use for the same thing. */
const SAME: Readonly<Record<string, string>> = {
  HOSTNAME: 'HOST',
  USERNAME: 'USER',
  PASS: 'PASSWORD',
  PASSWD: 'PASSWORD',
  DB: 'DATABASE',
  DBNAME: 'DATABASE',
  NAME: 'DATABASE',
  URI: 'URL',
  MONGO: 'MONGODB',
  MARIADB: 'MYSQL',
  SEC: 'SECONDS',
  SECS: 'SECONDS',
  SECOND: 'SECONDS',
  MIN: 'MINUTES',
  MINS: 'MINUTES',
  MINUTE: 'MINUTES',
  PROXY: 'PROXIES',
  ORIGIN: 'ORIGINS',
};

/** Names that say what a setting says, and resemble none. */
const OTHER_NAMES: Readonly<Record<string, SettingName>> = { MYSQL_URL: 'DATABASE_URL', MARIADB_URL: 'DATABASE_URL' };

/** In names as short as HOST one letter more is another word. */
const SHORTEST = 6;
/** From this length on, two slips are still the same name. */
const LONG = 12;

const KNOWN: ReadonlySet<string> = new Set(SETTING_NAMES);

export function isSetting(name: string): name is SettingName {
  return KNOWN.has(name);
}

/** The setting that an unknown name was probably meant for, or null. */
export function settingMeantBy(name: string): SettingName | null {
  const upper = name.toUpperCase();
  const words = upper.split('_');
  // HOSTNAME alone is a variable that shells and containers set.
  const plain = words.length < 2 ? upper : words.map((word) => SAME[word] ?? word).join('_');
  return OTHER_NAMES[upper] ?? SETTING_NAMES.find((known) => known === plain || isSlip(plain, known)) ?? null;
}

function isSlip(text: string, known: string): boolean {
  if (known.length < SHORTEST) return false;
  const most = known.length < LONG ? 1 : 2;
  return Math.abs(text.length - known.length) <= most && slips(text, known) <= most;
}

/** Letters to add, to leave out, to replace, or to swap with their neighbour (optimal string alignment). */
function slips(one: string, other: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          at(last, j - 1) + (isSame ? 0 : 1),
          swapped ? at(beforeLast, j - 2) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = row;
  }
  return at(last, other.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
