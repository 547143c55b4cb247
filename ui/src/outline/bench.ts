/** What tools of outlines work on. */
import type { Point } from '../paint/contract';
import { pickOf } from './hit';
import type { Change } from './history';
import type { Bounds, Shape } from './shape';

export interface Bench {
  get: (id: string) => Shape | null;
  meets: (box: Bounds) => Shape[];
  apply: (changes: readonly Change[]) => void;
  /** Drawn over the others while it changes: not among them. */
  lift: (ids: readonly string[]) => void;
  /** CSS pixels a pixel of the scene. */
  zoom: () => number;
  walked: (at: Point) => void;
  /** The imported layer was dragged by so much. */
  shifted: (dx: number, dy: number) => void;
}

/** CSS pixels. */
const REACH = 8;

/** How far from something a pointer means it, in pixels of the scene. */
export const reachOf = (bench: Bench): number => REACH / bench.zoom();

export const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

export function near(bench: Bench, at: Point): Shape[] {
  const reach = reachOf(bench);
  return bench.meets([at.x - reach, at.y - reach, at.x + reach, at.y + reach]);
}

/** The shape that a click there means. */
export const pickAt = (bench: Bench, at: Point): Shape | null => pickOf(near(bench, at), at, reachOf(bench));
