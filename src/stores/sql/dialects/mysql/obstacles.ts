import { failureIn } from '../../errors.js';
import { SessionRefused } from './setup.js';

/** What waiting does not cure, said in words; messages of the server may hold names and are not repeated. */
const PERMANENT: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'it refuses the user or the password',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'it refuses the user or the password',
  ER_DBACCESS_DENIED_ERROR: 'the user may not use the database',
  ER_BAD_DB_ERROR: 'it has no database of that name',
  HANDSHAKE_NO_SSL_SUPPORT: 'it does not offer encrypted connections',
};

/** Why MySQL could not be reached. */
export function explainMysql(error: unknown): { readonly reason: string; readonly mayPass: boolean } {
  const failure = failureIn(error);
  if (failure instanceof SessionRefused) return { reason: failure.message, mayPass: false };
  const code = failure?.code ?? 'UNKNOWN';
  const permanent = PERMANENT[code];
  return permanent === undefined ? { reason: code, mayPass: true } : { reason: permanent, mayPass: false };
}
