import { enter, exitOnBugs } from './entry.js';
import { migrateStores } from './stores/open-stores.js';
import { systemClock } from './telemetry/clock.js';

const { settings, logger, fail } = enter();

/** `npm run db:migrate`: what every start does first, alone. A kill at any point is harmless: run it again. */
async function main(): Promise<void> {
  exitOnBugs(logger);
  const statements = await migrateStores(settings.storage, { clock: systemClock, logger });
  logger.info({ statements }, statements === 0 ? 'the schema was up to date' : 'the schema is up to date now');
}

main().catch(fail);
