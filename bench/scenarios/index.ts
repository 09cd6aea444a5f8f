import type { Scenario } from '../lib/scenario.js';
import { clientCeiling } from './s0-client.js';
import { durableSends } from './s1-durable-sends.js';
import { loneSender } from './s2-lone-sender.js';
import { fanOut } from './s3-fan-out.js';
import { latency } from './s4-latency.js';
import { idleSockets } from './s5-idle-sockets.js';
import { history } from './s6-history.js';
import { identity } from './s7-identity.js';

/** Every scenario, in the order of a run. */
export const SCENARIOS: readonly Scenario[] = [
  clientCeiling,
  durableSends,
  loneSender,
  fanOut,
  latency,
  idleSockets,
  history,
  identity,
];
