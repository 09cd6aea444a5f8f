import type { Sample } from './measure.js';
import { ratios } from './rounds.js';
import { summarize, type Summary } from './stats.js';

/** What is aimed at: of the ratio to the limit, or where there is none, of the value itself. */
export type Goal = ({ readonly atLeast: number } | { readonly atMost: number }) & { readonly of?: 'value' };

/** One line of the report: what was measured, and the limit measured beside it in the same rounds. */
export interface Figure {
  readonly scenario: string;
  readonly storage: string;
  readonly what: string;
  readonly unit: string;
  readonly value: Summary;
  readonly limit: { readonly what: string; readonly value: Summary; readonly ratio: Summary } | null;
  readonly goal: Goal | null;
  /** Milliseconds, of the median round. */
  readonly latency: { readonly p50: Summary; readonly p99: Summary } | null;
  /** Microseconds of CPU per operation, by process. */
  readonly cpu: Readonly<Record<string, Summary>>;
  /** Share of one core used by the load client. */
  readonly clientShare: Summary | null;
  readonly note?: string;
}

export interface RateFigure {
  readonly scenario: string;
  readonly storage: string;
  readonly what: string;
  readonly unit: string;
  readonly samples: readonly Sample[];
  readonly limit?: { readonly what: string; readonly samples: readonly Sample[] };
  readonly goal?: Goal;
  readonly note?: string;
}

/** A figure of operations per second, and its ratio to the limit's, round by round. */
export function rateFigure({ samples, limit, goal, note, ...rest }: RateFigure): Figure {
  const rates = samples.map((sample) => sample.perSecond);
  return {
    ...rest,
    value: summarize(rates),
    limit: limit === undefined ? null : limitOf(rates, limit),
    goal: goal ?? null,
    latency: {
      p50: summarize(samples.map((sample) => sample.latency.p50)),
      p99: summarize(samples.map((sample) => sample.latency.p99)),
    },
    cpu: cpuOf(samples),
    clientShare: summarize(samples.map((sample) => sample.clientShare)),
    ...(note === undefined ? {} : { note }),
  };
}

export interface LatencyFigure extends Omit<RateFigure, 'unit' | 'samples' | 'limit'> {
  readonly quantile: 'p50' | 'p99';
  readonly samples: readonly Sample[];
  readonly limit: {
    readonly what: string;
    readonly samples: readonly Sample[];
    /** Milliseconds that a sample of the limit allows; by default the same quantile of it. */
    readonly allows?: (sample: Sample) => number;
  };
}

/** A figure of milliseconds per operation, and its ratio to the limit's, round by round. */
export function latencyFigure({ samples, limit, quantile, goal, note, ...rest }: LatencyFigure): Figure {
  const times = samples.map((sample) => sample.latency[quantile]);
  const limitTimes = limit.samples.map(limit.allows ?? ((sample) => sample.latency[quantile]));
  return {
    ...rest,
    unit: 'ms',
    value: summarize(times),
    limit: { what: limit.what, value: summarize(limitTimes), ratio: ratios(times, limitTimes) },
    goal: goal ?? null,
    latency: null,
    cpu: cpuOf(samples),
    clientShare: null,
    ...(note === undefined ? {} : { note }),
  };
}

/** A figure of which nothing but its value is known. */
export function plainFigure(
  rest: Pick<Figure, 'scenario' | 'storage' | 'what' | 'unit'> & { readonly goal?: Goal; readonly note?: string },
  values: readonly number[],
): Figure {
  const nothing = { limit: null, goal: null, latency: null, cpu: {}, clientShare: null };
  return { ...nothing, ...rest, value: summarize(values) };
}

/** Whether the median reaches the goal; null where there is nothing to compare. */
export function reachesGoal({ limit, goal, value }: Figure): boolean | null {
  if (goal === null) return null;
  const reached = goal.of === 'value' ? value.median : limit?.ratio.median;
  if (reached === undefined) return null;
  return 'atLeast' in goal ? reached >= goal.atLeast : reached <= goal.atMost;
}

function limitOf(rates: readonly number[], limit: NonNullable<RateFigure['limit']>): Figure['limit'] {
  const limitRates = limit.samples.map((sample) => sample.perSecond);
  return { what: limit.what, value: summarize(limitRates), ratio: ratios(rates, limitRates) };
}

function cpuOf(samples: readonly Sample[]): Record<string, Summary> {
  const names = Object.keys(samples[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, summarize(samples.map((sample) => sample.cpu[name] ?? 0))]));
}
