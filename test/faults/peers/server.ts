// The real server as a process of its own, which tells on request what it holds. Started with --expose-gc or without.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp, type App } from '../../../src/app.js';
import { setNativeHeaderLimit } from '../../../src/config/env.js';
import { enter, exitOnBugs, stopOnSignals } from '../../../src/entry.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import type { Look, Measured } from './measured.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const { settings, logger, fail } = enter();

async function main(): Promise<void> {
  setNativeHeaderLimit(LIMITS.headerBytes);
  exitOnBugs(logger);
  let app: App | null = null;
  stopOnSignals(logger, async () => await app?.stop());
  const running = await createApp(settings, logger);
  app = running;
  process.on('message', ({ id }: Look) => {
    // Twice: what a first collection finalizes, a second one frees.
    collect();
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    const { queuedBytes, totalConnections, closes } = running.services.realtime.stats();
    const measured: Measured = { id, rss, heapUsed, queuedBytes, totalConnections, closes: { ...closes } };
    process.send?.(measured);
  });
  // Without the test that started it, nobody ends this process.
  process.on('disconnect', () => process.exit(1));
  const { port } = await app.start();
  logger.info({ url: `http://127.0.0.1:${port}` }, 'listening');
}

main().catch(fail);
