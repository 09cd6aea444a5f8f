/**
 * Adds to package-lock.json the optional packages of other platforms that a lock file lacks when it was made against a
 * registry that shows only this platform's: without them `npm ci` fails elsewhere ("Missing ... from lock file").
 * Asks the registry for each; what it does not show is derived from the package's name (`@scope/darwin-arm64-20`).
 *
 *   node scripts/complete-lock.mjs [--offline]      --offline derives everything from names
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const NAME =
  /(?<os>darwin|linux|win32|freebsd|android)-(?<cpu>x64|arm64|arm|ia32)(-(?<libc>gnu|musl|msvc))?(-(?<node>\d+))?$/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const offline = process.argv.includes('--offline');
let added = 0;

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(path, name)) continue;
    lock.packages[`node_modules/${name}`] = describe(name, version, entry);
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages added to ${FILE}`);

/** As Node resolves: in the package's own node_modules, then in those of each package around it. */
function isLocked(path, name) {
  const folders = path
    .split('/node_modules/')
    .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'));
  return ['', ...folders].some((folder) => `${folder}${folder && '/'}node_modules/${name}` in lock.packages);
}

function describe(name, version, parent) {
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name} has a range (${version}): lock it with npm install`);
  const shown = offline ? null : ask(name, version);
  const derived = NAME.exec(name)?.groups;
  if (shown === null && derived === undefined) throw new Error(`${name} is not shown and its name says no platform`);
  const { os, cpu, libc, node } = derived ?? {};
  return {
    version,
    ...(shown?.['dist.integrity'] && { integrity: shown['dist.integrity'] }),
    cpu: shown?.cpu ?? [cpu],
    ...(parent.dev && { dev: true }),
    ...((shown?.libc ?? libcOf(libc)) && { libc: shown?.libc ?? libcOf(libc) }),
    license: shown?.license ?? parent.license,
    optional: true,
    os: shown?.os ?? [os],
    ...((shown?.engines ?? node) && { engines: shown?.engines ?? { node: `>=${node}.0.0 <${Number(node) + 1}.0.0` } }),
  };
}

function libcOf(abi) {
  return { gnu: ['glibc'], musl: ['musl'] }[abi];
}

function ask(name, version) {
  const fields = ['os', 'cpu', 'libc', 'engines', 'license', 'dist.integrity'];
  try {
    const answer = execFileSync('npm', ['view', `${name}@${version}`, ...fields, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(answer.toString());
  } catch {
    return null; // not shown here: derived from the name by the caller
  }
}
