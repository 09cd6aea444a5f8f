import { reachesGoal, type Figure } from './figure.js';
import type { Machine } from './machine.js';
import type { Summary } from './stats.js';

/** Everything a run found out, as it goes into the JSON file. */
export interface Report {
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** How the databases flush, as they report it. */
  readonly durability: Readonly<Record<string, string>>;
  readonly effort: object;
  readonly figures: readonly Figure[];
}

/** Of the columns that `rowOf` fills. */
export const HEADINGS = [
  '',
  'storage',
  'what',
  'median (min-max)',
  'limit',
  'ratio',
  'goal',
  'p50/p99 ms',
  'CPU us/op',
  'client',
];

/** The figures as one table of text, columns aligned. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = figures.filter(({ note }) => note !== undefined).map(({ what, note }) => `* ${what}: ${note}`);
  return [...lines, '', ...notes].join('\n');
}

/** The conditions of the run, one fact per line. */
export function renderConditions(report: Report): string {
  return conditionsOf(report).join('\n');
}

/** Machine, disk, versions, what the databases flush, and whether the load client had room left. */
export function conditionsOf({ machine, versions, durability, seconds, figures }: Report): string[] {
  const { fdatasync } = machine;
  const [busiest] = figures
    .filter(({ clientShare, cpu }) => clientShare !== null && 'server' in cpu)
    .sort((a, b) => (b.clientShare?.median ?? 0) - (a.clientShare?.median ?? 0));
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}`,
    `load before ${machine.loadBefore.toFixed(2)}, fdatasync p50 ${fdatasync.p50.toFixed(2)} ms, p99 ${fdatasync.p99.toFixed(2)} ms`,
    ...[versions, durability].map((facts) =>
      Object.entries(facts)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ),
    ...(busiest === undefined ? [] : [busiestText(busiest)]),
    `${seconds.toFixed(0)} s in all`,
  ];
}

/** Near 100 % a figure is the client's own limit, and below it the server's. */
function busiestText({ scenario, what, clientShare }: Figure): string {
  const share = ((clientShare?.median ?? 0) * 100).toFixed(0);
  return `the load client was busiest in ${scenario} ${what}: ${share} % of one core`;
}

/** A figure as the cells of a line. */
export function rowOf(figure: Figure): string[] {
  const { scenario, storage, what, unit, value, limit, latency, cpu, clientShare } = figure;
  return [
    scenario,
    storage,
    what + (figure.note === undefined ? '' : ' *'),
    `${range(value)} ${unit}`,
    limit === null ? '' : `${short(limit.value.median)} ${limit.what}`,
    limit === null ? '' : range(limit.ratio, (ratio) => ratio.toFixed(2)),
    goalText(figure),
    latency === null ? '' : `${latency.p50.median.toFixed(1)}/${latency.p99.median.toFixed(1)}`,
    Object.entries(cpu)
      .map(([name, micros]) => `${name} ${short(micros.median)}`)
      .join(' '),
    clientShare === null ? '' : `${(clientShare.median * 100).toFixed(0)} %`,
  ];
}

function goalText(figure: Figure): string {
  const { goal } = figure;
  if (goal === null) return '';
  const unit = goal.of === 'value' ? ` ${figure.unit}` : '';
  const text = ('atLeast' in goal ? `>= ${goal.atLeast.toFixed(2)}` : `<= ${goal.atMost.toFixed(2)}`) + unit;
  const reached = reachesGoal(figure);
  return reached === null ? text : `${text} ${reached ? 'yes' : 'NO'}`;
}

function range({ median, min, max }: Summary, format = short): string {
  return `${format(median)} (${format(min)}-${format(max)})`;
}

/** Three significant digits are more than such measurements hold. */
function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
