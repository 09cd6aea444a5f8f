import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openInspector, type CpuProfile } from './inspector.js';

const ROWS = 40;

/**
 * Runs something while the process behind the inspector is profiled. Writes `<name>.cpuprofile`, for the developer
 * tools of a browser, and `<name>.txt` with the functions that used the most time themselves.
 */
export async function profile<T>(folder: string, name: string, port: number, run: () => Promise<T>): Promise<T> {
  const inspector = await openInspector(port);
  try {
    await inspector.startProfile();
    const result = await run();
    const taken = await inspector.stopProfile();
    await writeFile(join(folder, `${name}.cpuprofile`), JSON.stringify(taken));
    await writeFile(join(folder, `${name}.txt`), `${describeProfile(taken)}\n`);
    return result;
  } finally {
    inspector.close();
  }
}

/** Shares of the busy time: by function, then by package or folder. */
export function describeProfile(taken: CpuProfile): string {
  const selfMicros = new Map<number, number>();
  taken.samples.forEach((id, index) => {
    selfMicros.set(id, (selfMicros.get(id) ?? 0) + (taken.timeDeltas[index] ?? 0));
  });
  const functions = new Map<string, number>();
  const places = new Map<string, number>();
  let busy = 0;
  for (const { id, callFrame } of taken.nodes) {
    const micros = selfMicros.get(id) ?? 0;
    if (callFrame.functionName === '(idle)' || callFrame.functionName === '(root)') continue;
    busy += micros;
    const place = placeOf(callFrame.url, callFrame.functionName);
    const label = `${callFrame.functionName || '(anonymous)'}  ${shortUrl(callFrame.url)}:${callFrame.lineNumber + 1}`;
    functions.set(label, (functions.get(label) ?? 0) + micros);
    places.set(place, (places.get(place) ?? 0) + micros);
  }
  return [`busy ${(busy / 1_000).toFixed(0)} ms`, '', ...topOf(places, busy), '', ...topOf(functions, busy)].join('\n');
}

function topOf(times: ReadonlyMap<string, number>, busy: number): string[] {
  return [...times]
    .sort(([, first], [, second]) => second - first)
    .slice(0, ROWS)
    .map(([label, micros]) => `${((micros / busy) * 100).toFixed(1).padStart(5)} %  ${label}`);
}

function shortUrl(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/(?=src\/)/, '');
}

function placeOf(url: string, functionName: string): string {
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/(src\/[^/]+)\//.exec(url)?.[1];
  if (own !== undefined) return own;
  return url === '' ? functionName : url.replace(/\/.*/, '');
}
