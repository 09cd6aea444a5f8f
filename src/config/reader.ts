import { isIP } from 'node:net';
import type { SettingName } from './names.js';
import type { SettingProblem } from './types.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads strings and collects problems, so that one start reports everything that is wrong. A reader method that finds
 * a problem answers the default: the result is never used, because a problem refuses the start. An empty value
 * counts as absent (compose files pass `NAME=` for what is not set).
 */
export class SettingsReader {
  readonly problems: SettingProblem[] = [];
  readonly warnings: SettingProblem[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  problem(name: string, problem: string): void {
    this.problems.push({ name, problem });
  }

  warn(name: string, problem: string): void {
    this.warnings.push({ name, problem });
  }

  /** As given, not trimmed: blanks may belong to a secret. */
  secret(name: SettingName): string | null {
    const value = this.#env[name];
    return value === undefined || value === '' ? null : value;
  }

  text(name: SettingName): string | null {
    const value = this.#env[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  has(name: SettingName): boolean {
    return this.text(name) !== null;
  }

  integer(name: SettingName, fallback: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === null) return fallback;
    const number = Number(value);
    if (/^\d{1,15}$/.test(value) && number >= min && number <= max) return number;
    this.problem(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** `True`, `yes`, `on` and `1` as well as `true`: environment files in the field use them all. */
  flag(name: SettingName, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (['true', '1', 'yes', 'on'].includes(value)) return true;
    if (['false', '0', 'no', 'off'].includes(value)) return false;
    this.problem(name, 'must be true or false');
    return fallback;
  }

  choice<T extends string>(name: SettingName, fallback: T, choices: readonly T[]): T {
    const value = this.text(name);
    if (value === null) return fallback;
    const found = choices.find((choice) => choice === value.toLowerCase());
    if (found === undefined) this.problem(name, `must be one of ${choices.join(', ')}`);
    return found ?? fallback;
  }

  /** Comma-separated, blanks around items ignored; `isValid` judges each item. */
  list(name: SettingName, isValid: (item: string) => boolean, expected: string): readonly string[] {
    const items = (this.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    if (!items.every(isValid)) this.problem(name, `must be a comma-separated list of ${expected}`);
    return items;
  }
}

/** An IP address, or one with a prefix length that fits its family. */
export function isAddressRange(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Exactly what a browser puts into `Origin`: scheme, host and a port that is not the default one. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}
