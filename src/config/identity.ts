import type { SettingsReader } from './reader.js';
import type { IdentitySettings, StorageSettings } from './types.js';

/** RFC 7518, section 3.2: a key for HS256 is at least as long as the hash. */
const KEY_BYTES = 32;
/** Fewer different characters than any random key of that length has. */
const KEY_VARIETY = 10;
const PLACEHOLDERS = /change[-_ ]?(me|this|it)|your[-_ ]?(super[-_ ]?)?secret|secret[-_ ]?key|dev[-_ ]?secret|example/i;

/** How accounts prove who they are; the rules for SECRET_KEY depend on storage and on NODE_ENV=production. */
export function readIdentity(reader: SettingsReader, kind: StorageSettings['kind'], strict: boolean): IdentitySettings {
  const algorithm = reader.text('ALGORITHM');
  if (algorithm !== null && algorithm !== 'HS256')
    reader.problem('ALGORITHM', 'must be HS256: tokens are signed with nothing else');
  return {
    secretKey: readSecretKey(reader, kind, strict),
    accessTokenMinutes: reader.integer('ACCESS_TOKEN_EXPIRE_MINUTES', 30, 1, 525_600),
    bcryptCost: readCost(reader, strict),
    passwordMinLength: reader.integer('PASSWORD_MIN_LENGTH', 8, 6, 128),
  };
}

function readSecretKey(reader: SettingsReader, kind: StorageSettings['kind'], strict: boolean): string | null {
  const key = reader.secret('SECRET_KEY');
  if (key === null) {
    if (kind === 'split') {
      reader.problem('SECRET_KEY', 'is missing: with MySQL and MongoDB it has to be given, the same to every process');
    }
    return null;
  }
  const weakness = weaknessOf(key);
  if (weakness === null) return key;
  if (strict) reader.problem('SECRET_KEY', `${weakness}; try: openssl rand -base64 48`);
  else reader.warn('SECRET_KEY', `${weakness}; production refuses it`);
  return key;
}

function weaknessOf(key: string): string | null {
  if (Buffer.byteLength(key) < KEY_BYTES) return `must have at least ${KEY_BYTES} bytes`;
  if (PLACEHOLDERS.test(key)) return 'is the placeholder of an example, not a secret';
  if (new Set(key).size < KEY_VARIETY) return 'must be random, not a repeated pattern';
  return null;
}

function readCost(reader: SettingsReader, strict: boolean): number {
  const cost = reader.integer('BCRYPT_COST', 12, 4, 16);
  // OWASP's floor for bcrypt; below it a stolen table falls to one graphics card.
  if (strict && cost < 10) reader.problem('BCRYPT_COST', 'must be at least 10 in production');
  return cost;
}
