/** Shapes drawn over a map, in pixels of the screen, and what lies in them. Pure arithmetic: no DOM. */

export interface Point {
  x: number;
  y: number;
}

/** The rectangle between two corners. */
export function box(a: Point, b: Point): Point[] {
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/** Whether a point lies in a shape; a shape that crosses itself is open where it does so (even and odd). */
export function inside(shape: readonly Point[], { x, y }: Point): boolean {
  let odd = false;
  for (let i = 0, j = shape.length - 1; i < shape.length; j = i++) {
    const a = shape[i]!;
    const b = shape[j]!;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
  }
  return odd;
}

export function bounds(shape: readonly Point[]): { left: number; top: number; right: number; bottom: number } {
  const xs = shape.map((p) => p.x);
  const ys = shape.map((p) => p.y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** The line with one point more, where that is some way off; a lasso of thousands of points is slow. */
export function trail(line: readonly Point[], next: Point, apart = 3): Point[] {
  const last = line.at(-1);
  return last && Math.hypot(next.x - last.x, next.y - last.y) < apart ? [...line] : [...line, next];
}

/** Whether something was drawn, or the button only pressed. */
export function drawn(shape: readonly Point[]): boolean {
  if (shape.length < 3) return false;
  const { left, top, right, bottom } = bounds(shape);
  return Math.max(right - left, bottom - top) >= 5;
}

export type Way = 'left' | 'right' | 'up' | 'down';

const WAYS: Record<Way, Point> = {
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
};

/** The nearest point in a direction, within 45 degrees of it; what lies straight ahead goes before what lies aside. */
export function nearest(points: readonly (Point | null)[], from: Point, way: Way): number | null {
  const to = WAYS[way];
  let best: number | null = null;
  let least = Infinity;
  points.forEach((point, i) => {
    if (!point) return;
    const [dx, dy] = [point.x - from.x, point.y - from.y];
    const ahead = dx * to.x + dy * to.y;
    const aside = Math.abs(dx * to.y) + Math.abs(dy * to.x);
    if (ahead < 0.5 || aside > ahead * 1.001) return;
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [i, cost];
  });
  return best;
}
