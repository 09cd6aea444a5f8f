import { expect } from 'chai';
import type { Failpoint } from '../../../src/ports/failpoints.js';
import type { Answer } from '../../helpers/client.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import type { FaultOptions, FaultServer } from './fault-server.js';
import type { FaultAction, StatementPlace } from './orders.js';

/** What a client may believe after a call: it is done; it was refused and nothing happened; or nobody knows. */
export type Outcome = 'done' | 'refused' | 'unknown';

export interface Struck<T> {
  readonly outcome: Outcome;
  /** null: no answer came. */
  readonly answer: Answer<T> | null;
}

/** Runs the call into the fault and waits until the server serves again: behind a stop, or after a kill as a new run. */
export async function strike<T>(
  server: FaultServer,
  [name, action]: readonly [Failpoint, FaultAction],
  call: () => Promise<T>,
  options: FaultOptions = {},
): Promise<T> {
  const armed = await server.arm(name, action, options);
  const answering = call();
  await armed.struck();
  if (action === 'stop') {
    await armed.stopped();
    server.resume();
  }
  const answer = await answering;
  if (action === 'kill') {
    expect(await server.ended()).to.equal('SIGKILL');
    await server.start();
  }
  return answer;
}

/** As `strike`, for a REST call. What only takes longer must still be done, and a killed server answers nothing. */
export async function strikeCall<T>(
  server: FaultServer,
  fault: readonly [Failpoint, FaultAction],
  call: () => Promise<Answer<T>>,
): Promise<Struck<T>> {
  const answer = await strike(server, fault, () => call().catch(() => null));
  const outcome = outcomeOf(answer);
  const [, action] = fault;
  if (action === 'stop' || action === 'delay') expect(outcome, answer?.text).to.equal('done');
  return { outcome, answer };
}

export interface StruckStatement<T> extends Struck<T> {
  /** False: the call ended before it came to the nth. */
  readonly hasStruck: boolean;
  /** The statements up to the one that was struck, that one included. */
  readonly met: readonly string[];
}

/** Longer than any call takes. */
const CALL_MS = 60_000;

/** As `strikeCall`, at the nth statement of a change, however many it has. */
export async function strikeStatement<T>(
  server: FaultServer,
  [place, action]: readonly [StatementPlace, FaultAction],
  nth: number,
  call: () => Promise<Answer<T>>,
): Promise<StruckStatement<T>> {
  const armed = await server.arm(place, action, { nth });
  let isOver = false;
  const answering = call()
    .catch(() => null)
    .finally(() => (isOver = true));
  await waitUntil(() => (isOver || armed.hasStruck() ? Promise.resolve() : Promise.reject(new Error('not yet'))), {
    what: `statement ${nth} of ${place}, or its end`,
    deadlineMs: CALL_MS,
    everyMs: 5,
  });
  const hasStruck = armed.hasStruck();
  if (!hasStruck) await server.disarm();
  if (hasStruck && action === 'stop') {
    await armed.stopped();
    server.resume();
  }
  const answer = await answering;
  const met = armed.met();
  if (hasStruck && action === 'kill') {
    expect(await server.ended()).to.equal('SIGKILL');
    await server.start();
  }
  return { outcome: outcomeOf(answer), answer, hasStruck, met };
}

function outcomeOf(answer: Answer<unknown> | null): Outcome {
  if (answer === null) return 'unknown';
  if (answer.status < 400) return 'done';
  return answer.text.includes('"code":"indeterminate"') ? 'unknown' : 'refused';
}
