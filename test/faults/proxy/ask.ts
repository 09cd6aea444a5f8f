import { expect } from 'chai';
import type { Operation } from '../history/entries.js';
import type { Outcome } from '../history/recorder.js';
import { OPERATIONS } from './operations.js';
import type { ProxiedApp } from './proxied-app.js';
import { judge, judgeSoFar, setFaultScene, socketOf } from './scene.js';

type Answer = Outcome<Operation>;

export interface Asked {
  /** What was said under the fault, and after how long. */
  readonly first: Answer;
  readonly ms: number;
  /** Ids of bodies that no row named before. */
  readonly orphansBefore: readonly string[];
  /** The client asks for the same once more. */
  again(): Promise<Answer>;
  /** Judges all answers with the stores; answers the ids of bodies that no row names. */
  finish(): Promise<readonly string[]>;
}

/** A new scene in which one change is asked for under a fault, which is told what the change writes and has to be met. */
export async function askUnder(
  proxied: ProxiedApp,
  name: string,
  fault: (writes: RegExp) => { readonly hits: number },
): Promise<Asked> {
  const operation = OPERATIONS[name];
  if (operation === undefined) throw new Error(`no such operation: ${name}`);
  const scene = await setFaultScene(proxied);
  const socket = socketOf(proxied, scene, scene.ada);
  await socket.live();
  const ask = await operation.prepare(scene, socket);
  const orphansBefore = await judgeSoFar(proxied, scene);
  const rule = fault(operation.writes);
  const began = performance.now();
  const first = await ask();
  const ms = performance.now() - began;
  expect(rule.hits, 'the fault met its packet').to.equal(1);
  return {
    first,
    ms,
    orphansBefore,
    again: ask,
    async finish() {
      await socket.close();
      return judge(proxied, scene);
    },
  };
}
