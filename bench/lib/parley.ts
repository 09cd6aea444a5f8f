import { randomBytes } from 'node:crypto';
import { builtPath } from './dist.js';
import { launch, type ServerProcess } from './server-process.js';
import type { DataSet } from './storage.js';

/** Signs the tokens of every server of this run. */
export const SECRET_KEY = randomBytes(48).toString('base64');

export interface ParleyOptions {
  /** Cost of password hashes; 4, the cheapest there is, wherever passwords are not what is measured. */
  readonly bcryptCost?: number;
  readonly inspect?: boolean;
}

/** The built server over a data set, as `npm start` runs it, with throttles off and every other setting its default. */
export function startParley(
  data: DataSet,
  { bcryptCost = 4, inspect = false }: ParleyOptions = {},
): Promise<ServerProcess> {
  return launch({
    name: 'parley',
    script: [builtPath('src/main.js')],
    folder: data.folder,
    inspect,
    env: {
      ...data.env,
      SECRET_KEY,
      BCRYPT_COST: String(bcryptCost),
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
      REGISTER_LIMIT_PER_ADDRESS_HOUR: '0',
      LOGIN_LIMIT_PER_ADDRESS_HOUR: '0',
      LOGIN_LIMIT_PER_ACCOUNT_HOUR: '0',
      RATE_SEND: '0',
      RATE_EDIT: '0',
      RATE_CREATE_CHAT: '0',
      RATE_ADD_PEOPLE: '0',
      RATE_READ: '0',
      RATE_SEARCH: '0',
      RATE_CHANGES: '0',
      FRAMES_PER_SECOND: '0',
      SOCKETS_PER_USER: '0',
      UNAUTHENTICATED_SOCKETS: '0',
    },
  });
}
