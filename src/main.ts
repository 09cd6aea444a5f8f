import type { App } from './app.js';
import { setNativeHeaderLimit } from './config/env.js';
import { VERSION } from './domain/version.js';
import { enter, exitOnBugs, stopOnSignals } from './entry.js';
import { LIMITS } from './protocol/limits.js';
import { startMessage } from './start-message.js';

const { settings, logger, terminal, fail } = enter();

async function main(): Promise<void> {
  setNativeHeaderLimit(LIMITS.headerBytes);
  exitOnBugs(logger);
  // Signals count from here on: a start that waits for a database can be stopped, too.
  let app: App | null = null;
  stopOnSignals(logger, async () => await app?.stop());

  // Loaded only now: wrong settings are told at once, and no native module runs for them.
  const { createApp } = await import('./app.js');
  app = await createApp(settings, logger);
  const addresses = await app.start();
  const { lines, facts } = startMessage(settings, { ...addresses, storage: app.stores.describe(), version: VERSION });
  if (terminal) process.stdout.write(`\n${lines.join('\n')}\n\n`);
  else logger.info(facts, 'listening');
}

main().catch(fail);
