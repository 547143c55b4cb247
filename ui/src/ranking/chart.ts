/** Figures of the charts beside the wall. Pure arithmetic: no DOM. */
import type { Curve, Histogram } from '../lib/types';

export interface Bar {
  /** Ends of the bin, 0-1. */
  from: number;
  to: number;
  unlabelled: number;
  positive: number;
  negative: number;
  /** Heights, 0-1: unlabelled upwards; labelled downwards, the two stacked. */
  up: number;
  down: { positive: number; negative: number };
}

/** Heights by the square root: a bin with one chip is seen beside one with ten thousand. */
function height(value: number, most: number): number {
  return most > 0 ? Math.sqrt(value / most) : 0;
}

export function bars({ edges, unlabelled, positive, negative }: Histogram): Bar[] {
  const most = Math.max(0, ...unlabelled);
  const labelled = Math.max(0, ...unlabelled.map((_, i) => positive[i]! + negative[i]!));
  return unlabelled.map((count, i) => {
    const [yes, no] = [positive[i] ?? 0, negative[i] ?? 0];
    const down = height(yes + no, labelled);
    const part = yes + no > 0 ? down / (yes + no) : 0;
    return {
      from: edges[i]!,
      to: edges[i + 1]!,
      unlabelled: count,
      positive: yes,
      negative: no,
      up: height(count, most),
      down: { positive: yes * part, negative: no * part },
    };
  });
}

/** Chips whose bins lie in a range; a bin that is cut counts by its share. */
export function counted(all: readonly Bar[], from: number, to: number): number {
  const sum = all.reduce((total, bar) => {
    const wide = bar.to - bar.from;
    const share = wide > 0 ? Math.max(0, Math.min(to, bar.to) - Math.max(from, bar.from)) / wide : 0;
    return total + share * (bar.unlabelled + bar.positive + bar.negative);
  }, 0);
  return Math.round(sum);
}

/** The nearest step of 0.01, inside 0-1. */
export function snap(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 100) / 100;
}

export interface CurveShape {
  /** Ends of the axes. */
  labels: [number, number];
  value: [number, number];
  x: (labels: number) => number;
  y: (value: number) => number;
  line: string;
  band: string;
  ahead: string;
  aheadBand: string;
  /** A few round figures along the axes. */
  xTicks: number[];
  yTicks: number[];
}

/** A learning curve in a box: the line with its interval, and how it may go on. */
export function curveShape({ points = [], forecast = [] }: Curve, width: number, high: number): CurveShape {
  const last = points.at(-1);
  const next = last && forecast.length ? [last, ...forecast] : forecast;
  const all = [...points, ...forecast];
  const most = Math.max(1, ...all.map((one) => one.labels));
  const least = Math.min(most - 1, ...all.map((one) => one.labels));
  const floor = Math.floor(20 * Math.max(0, Math.min(0.95, ...all.map((one) => one.low)))) / 20;
  const x = (labels: number): number => (width * (labels - least)) / (most - least);
  const y = (value: number): number => high * (1 - (value - floor) / (1 - floor));
  const path = (list: typeof all): string =>
    list.map((one, i) => `${i ? 'L' : 'M'}${x(one.labels).toFixed(1)} ${y(one.mean).toFixed(1)}`).join('');
  const area = (list: typeof all): string =>
    list.length < 2
      ? ''
      : `${list.map((one, i) => `${i ? 'L' : 'M'}${x(one.labels).toFixed(1)} ${y(one.high).toFixed(1)}`).join('')}${[
          ...list,
        ]
          .reverse()
          .map((one) => `L${x(one.labels).toFixed(1)} ${y(one.low).toFixed(1)}`)
          .join('')}Z`;
  return {
    labels: [least, most],
    value: [floor, 1],
    x,
    y,
    line: path(points),
    band: area(points),
    ahead: path(next),
    aheadBand: area(next),
    xTicks: [...new Set([least, last?.labels ?? most, most])],
    yTicks: [floor, (floor + 1) / 2, 1].map((value) => Math.round(1000 * value) / 1000),
  };
}
