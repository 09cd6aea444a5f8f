// The real server as a process of its own, whose failpoints a test arms over IPC. Each hit is journaled.
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, type App } from '../../../src/app.js';
import { setNativeHeaderLimit } from '../../../src/config/env.js';
import { AppError } from '../../../src/domain/errors.js';
import { enter, exitOnBugs, stopOnSignals } from '../../../src/entry.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { Failpoints } from '../../../src/ports/failpoints.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { heldBy, type Held } from '../held.js';
import { JOURNAL, ORPHAN_AFTER_MS, type Done, type Fault, type JournalLine, type Order, type Place } from './orders.js';
import { statementPlaces } from './statement-places.js';

const { settings, logger, fail } = enter();

let armed: { readonly fault: Fault; hits: number } | null = null;
let skippedMs = 0;

const clock: Clock = {
  now: () => systemClock.now() + skippedMs,
  monotonic: () => systemClock.monotonic() + skippedMs,
};

const journal = openSync(process.env[JOURNAL] ?? '/dev/null', 'a');
process.on('exit', () => closeSync(journal));

function write(line: JournalLine): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
}

/** The armed fault where this hit is the one it waits for; it strikes once. */
function faultAt(name: Place): Fault | null {
  if (armed === null || armed.fault.name !== name) return null;
  armed.hits += 1;
  if (armed.hits < armed.fault.nth) return null;
  const { fault } = armed;
  armed = null;
  return fault;
}

async function strike(fault: Fault): Promise<void> {
  switch (fault.action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'stop':
      process.kill(process.pid, 'SIGSTOP');
      break;
    case 'throw':
      // As a store that does not answer leaves its driver.
      throw new AppError('unavailable');
    case 'delay':
      await sleep(fault.delayMs);
      break;
    default:
      fault.action satisfies never;
  }
  skippedMs += fault.skipMs;
}

function reach(place: Pick<JournalLine, 'hit' | 'text'>): Promise<void> | undefined {
  const fault = faultAt(place.hit);
  write(fault === null ? place : { ...place, strikes: fault.action });
  return fault === null ? undefined : strike(fault);
}

const failpoints: Failpoints = { hit: (name) => reach({ hit: name }) };

/** Journaled only where they are waited for: there are many, and most tests load the server. */
const statements = statementPlaces((name, text) =>
  armed?.fault.name === name ? reach({ hit: name, text }) : undefined,
);

async function obey(order: Order, app: App): Promise<Held | null> {
  switch (order.kind) {
    case 'arm':
      armed = { fault: order.fault, hits: 0 };
      return null;
    case 'disarm':
      armed = null;
      return null;
    case 'erase':
      await app.eraser.runOnce();
      return null;
    case 'sweep':
      await app.sweeper.runOnce('full');
      return null;
    case 'look':
      return heldBy(app, settings.storage);
    default:
      return order satisfies never;
  }
}

async function main(): Promise<void> {
  setNativeHeaderLimit(LIMITS.headerBytes);
  exitOnBugs(logger);
  let app: App | null = null;
  stopOnSignals(logger, async () => await app?.stop());
  const orphanAfter = process.env[ORPHAN_AFTER_MS] ?? '';
  const sweepTimes = orphanAfter === '' ? {} : { orphanAfterMs: Number(orphanAfter) };
  const running = await createApp(settings, logger, { failpoints, clock, sweepTimes, ...statements });
  app = running;

  const answer = (done: Done): void => void process.send?.(done);
  process.on('message', (order: Order) => {
    obey(order, running).then(
      (held) => answer(held === null ? { done: order.id } : { done: order.id, held }),
      (error: unknown) => answer({ done: order.id, failed: String(error) }),
    );
  });
  // Without the test that started it, nobody ends this process.
  process.on('disconnect', () => process.exit(1));
  const { port } = await app.start();
  logger.info({ url: `http://127.0.0.1:${port}` }, 'listening');
}

main().catch(fail);
