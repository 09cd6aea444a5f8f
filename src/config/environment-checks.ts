import type { EnvFile, Surprise } from './env-file.js';
import { isSetting, settingMeantBy } from './near-names.js';
import type { Environment, SettingsReader } from './reader.js';

/** Stand in the same file for docker-compose.yml alone. */
const OF_COMPOSE: ReadonlySet<string> = new Set(['MYSQL_ROOT_PASSWORD']);

/**
 * A name that is nearly a setting's refuses the start: with MYSQL_HOSTNAME for MYSQL_HOST the data would otherwise go into an
 * embedded database without a word. Where the setting itself is set, the other name is another program's.
 */
export function checkNames(reader: SettingsReader, env: Environment, fileNames: readonly string[]): void {
  const ofFile = new Set(fileNames);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || isSetting(name) || OF_COMPOSE.has(name)) continue;
    const meant = settingMeantBy(name, ofFile.has(name));
    if (meant !== null && !reader.has(meant)) reader.problem(name, `is not a setting: is ${meant} meant?`);
    else if (ofFile.has(name)) reader.warn(name, 'stands in .env and is not a setting: it has no effect');
  }
}

const WORDS: Readonly<Record<Surprise, string>> = {
  cut: 'is cut off in .env: put the whole value into quotes',
  comment: 'ends before a # in .env: put the value into quotes if what follows belongs to it',
  quotes:
    'has quotes in .env that do not enclose it and belong to the value: put the whole value into other quotes if they do',
  again: 'is set twice in .env: the later line counts',
};

/** Losing a part of a password or a key is no matter for a warning. */
export function checkFile(reader: SettingsReader, surprises: EnvFile['surprises']): void {
  for (const { name, line, surprise } of surprises) {
    const words = `${WORDS[surprise]} (line ${line})`;
    if (surprise === 'cut') reader.problem(name, words);
    else reader.warn(name, words);
  }
}
