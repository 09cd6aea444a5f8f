/** `npm run bench`: see lib/options.ts for what it takes, ../docs/PERFORMANCE.md for the method. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './lib/figure.js';
import { describeMachine } from './lib/machine.js';
import { writeMarkdown } from './lib/markdown.js';
import { parseOptions, USAGE, type Options } from './lib/options.js';
import { profile } from './lib/profile.js';
import { renderConditions, renderTable, type Report } from './lib/report.js';
import type { Bench, Scenario } from './lib/scenario.js';
import { openStorage, type Storage } from './lib/storage.js';
import { SCENARIOS } from './scenarios/index.js';

const PACKAGES = ['koa', 'uWebSockets.js', '@libsql/client', 'mysql2', 'mongodb', 'bcrypt'];

async function main(options: Options): Promise<void> {
  const startedAt = new Date();
  const out = resolve(options.out);
  await mkdir(dirname(out), { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  try {
    const machine = describeMachine(folder);
    const versions: Record<string, string> = await packageVersions();
    const durability: Record<string, string> = {};
    const figures: Figure[] = [];
    for (const [index, kind] of options.storages.entries()) {
      const scenarios = SCENARIOS.filter(
        ({ name, perStorage }) => isWanted(options, name) && (perStorage || index === 0),
      );
      if (scenarios.length === 0) continue;
      const storage = await openStorage(kind, folder);
      try {
        Object.assign(versions, storage.versions);
        Object.assign(durability, storage.durability);
        figures.push(...(await runAll(scenarios, options, storage, folder, dirname(out))));
      } finally {
        await storage.stop();
      }
    }
    const seconds = (Date.now() - startedAt.getTime()) / 1_000;
    const effort = { ...options.effort, ...options.scale };
    const report: Report = {
      startedAt: startedAt.toISOString(),
      seconds,
      machine,
      versions,
      durability,
      effort,
      figures,
    };
    await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`\n${renderTable(figures)}\n\n${renderConditions(report)}\n${out}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runAll(
  scenarios: readonly Scenario[],
  options: Options,
  storage: Storage,
  folder: string,
  profiles: string,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const say = (line: string): void => console.error(line);
  const bench: Bench = {
    storage,
    effort: { ...options.effort, progress: say },
    scale: options.scale,
    folder,
    profiling: options.profile,
    profiled: (name, port, run) =>
      options.profile && port !== null ? profile(profiles, `${storage.kind}-${name}`, port, run) : run(),
    say,
  };
  for (const scenario of scenarios) {
    const startedAt = performance.now();
    say(`${scenario.name} ${scenario.title}, ${scenario.perStorage ? storage.label : 'no storage'}`);
    try {
      figures.push(...(await scenario.run(bench)));
    } catch (error) {
      // Half an hour of the others is not thrown away with it.
      console.error(`${scenario.name} on ${storage.label} failed:`, error);
      process.exitCode = 1;
    }
    say(`  done in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  }
  return figures;
}

function isWanted({ only }: Options, name: string): boolean {
  return only.length === 0 || only.includes(name);
}

async function packageVersions(): Promise<Record<string, string>> {
  const versions = PACKAGES.map(async (name) => {
    const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string };
    return [name, version] as const;
  });
  return Object.fromEntries(await Promise.all(versions));
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
} else {
  const options = parseOptions(args);
  if (options.markdown === null) await main(options);
  else await writeMarkdown(options.markdown, fileURLToPath(new URL('../docs/PERFORMANCE.md', import.meta.url)));
}
