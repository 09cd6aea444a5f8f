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

/** In names as short as HOST one letter more is another word, of which an environment has many. */
const SHORTEST = 6;
/** From this length on, two slips are still the same name. */
const LONG = 12;

const KNOWN: ReadonlySet<string> = new Set(SETTING_NAMES);

export function isSetting(name: string): name is SettingName {
  return KNOWN.has(name);
}

/**
 * The setting that an unknown name was probably meant for, or null. In a `.env` file, which was written for Parley, short names
 * count too (PROT), and so does a setting's name with more behind it (PORT_HTTP). The environment of a process holds HOSTNAME, PORTAL
 * and many more for reasons of others; there only the habit of naming a file counts (SECRET_KEY_FILE).
 */
export function settingMeantBy(name: string, inFile: boolean): SettingName | null {
  const upper = name.toUpperCase();
  const words = upper.split('_');
  // HOSTNAME alone is a variable that shells and containers set.
  const plain = words.length < 2 && !inFile ? upper : words.map((word) => SAME[word] ?? word).join('_');
  const shortest = inFile ? 0 : SHORTEST;
  const near = SETTING_NAMES.find((known) => known === plain || isSlip(plain, known, shortest));
  return OTHER_NAMES[upper] ?? near ?? beginningOf(upper, inFile ? null : '_FILE');
}

function isSlip(text: string, known: string, shortest: number): boolean {
  if (known.length < shortest) return false;
  const most = known.length < LONG ? 1 : 2;
  return Math.abs(text.length - known.length) <= most && slips(text, known) <= most;
}

/** The longest setting's name that the name begins with; `suffix` is what has to follow, null: whatever does. */
function beginningOf(name: string, suffix: string | null): SettingName | null {
  const begun = SETTING_NAMES.filter((known) => {
    if (suffix === null) return name.startsWith(`${known}_`);
    return known.length >= SHORTEST && name === `${known}${suffix}`;
  });
  return begun.sort((one, other) => other.length - one.length)[0] ?? null;
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
