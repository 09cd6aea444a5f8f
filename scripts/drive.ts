/**
 * Starts the built server as a user would, on embedded storage and on MySQL/MariaDB + MongoDB, and drives it with curl and
 * wscat: two people register, open a direct and a group chat, send, edit, delete and read, over REST and sockets, live.
 * Prints one line per check and closes with the totals; exits 1 if a check failed.
 */
import { startMariaDb } from '../test/helpers/servers/mariadb.js';
import { startMongoDb } from '../test/helpers/servers/mongodb.js';
import { driveOn } from './drive/built-server.js';
import { closeWithTotals } from './drive/checks.js';

await driveOn('Embedded storage', {});
const sql = await startMariaDb();
const mongo = await startMongoDb();
try {
  await driveOn('MariaDB + MongoDB', {
    DATABASE_URL: sql.url,
    MONGODB_URL: mongo.url,
    MONGODB_DATABASE: 'drive',
    SECRET_KEY: 'a key for this drive only, 0123456789',
  });
} finally {
  await mongo.stop();
  await sql.stop();
}
closeWithTotals();
