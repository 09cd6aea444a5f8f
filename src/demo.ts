import { createApp, type App } from './app.js';
import { setNativeHeaderLimit } from './config/env.js';
import { createDemoData, demoLines } from './demo-data.js';
import { VERSION } from './domain/version.js';
import { enter, exitOnBugs, stopOnSignals } from './entry.js';
import { LIMITS } from './protocol/limits.js';
import { startMessage } from './start-message.js';

const { settings, logger, fail } = enter();

/** `npm run demo`: a server with sample people and chats, and lines to paste. Only ever fills an empty database. */
async function main(): Promise<void> {
  setNativeHeaderLimit(LIMITS.headerBytes);
  exitOnBugs(logger);
  let app: App | null = null;
  stopOnSignals(logger, async () => await app?.stop());

  app = await createApp(settings, logger);
  if (!(await app.stores.users.isEmpty())) {
    await app.stop();
    throw new Error(
      'the database already holds accounts; the demo only fills an empty one (set DATA_DIR to a new folder)',
    );
  }
  // Listening comes first: a busy port must not leave a filled database that the next try refuses.
  const addresses = await app.start();
  const data = await createDemoData(app.services);
  const { lines, facts } = startMessage(settings, { ...addresses, storage: app.stores.describe(), version: VERSION });
  process.stdout.write(`\n${[...lines, '', ...demoLines(data, facts.url)].join('\n')}\n\n`);
}

main().catch(fail);
