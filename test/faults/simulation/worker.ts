// Runs the schedules of consecutive seeds in a process of its own, `worker.ts FIRST COUNT`; prints what came of them as JSON.
import { runSeeds } from './seeds.js';

const [first, count] = process.argv.slice(2).map(Number);
if (first === undefined || count === undefined) throw new Error('worker.ts takes the first seed and how many');
const seeds = await runSeeds(first, (schedules) => schedules < count);
process.stdout.write(`${JSON.stringify(seeds)}\n`);
