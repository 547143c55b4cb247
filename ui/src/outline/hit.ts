/** What lies under the pointer, and where it is drawn to. */
import type { Point } from '../paint/contract';
import { closed, inside, type Ring, type Shape, type Spot } from './shape';

export interface EdgeSpot {
  /** The vertex before. */
  spot: Spot;
  at: Point;
  away: number;
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The place of an edge that is nearest. */
export function nearestOn(a: Point, b: Point, to: Point): Point {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((to.x - a.x) * dx + (to.y - a.y) * dy) / length));
  return { x: a.x + t * dx, y: a.y + t * dy };
}

function* rings(shape: Shape): Generator<[Ring, number, number]> {
  for (const [part, all] of shape.parts.entries()) for (const [ring, one] of all.entries()) yield [one, part, ring];
}

/** The vertex within `reach` that is nearest. */
export function vertexAt(shape: Shape, to: Point, reach: number): Spot | null {
  let best: Spot | null = null;
  let nearest = reach;
  for (const [points, part, ring] of rings(shape))
    for (let at = 0; at < points.length; at++) {
      const away = distance(points[at]!, to);
      if (away <= nearest) [nearest, best] = [away, { part, ring, at }];
    }
  return best;
}

/** The edge within `reach` that is nearest. */
export function edgeAt(shape: Shape, to: Point, reach: number): EdgeSpot | null {
  let best: EdgeSpot | null = null;
  for (const [points, part, ring] of rings(shape)) {
    const last = closed(shape.kind) ? points.length : points.length - 1;
    for (let at = 0; at < last; at++) {
      const place = nearestOn(points[at]!, points[(at + 1) % points.length]!, to);
      const away = distance(place, to);
      if (away <= (best?.away ?? reach)) best = { spot: { part, ring, at }, at: place, away };
    }
  }
  return best;
}

/** Whether a click within `reach` means the shape. */
export function touches(shape: Shape, at: Point, reach: number): boolean {
  const [left, top, right, bottom] = shape.bounds;
  if (at.x < left - reach || at.x > right + reach || at.y < top - reach || at.y > bottom + reach) return false;
  if (shape.kind === 'point') return vertexAt(shape, at, reach) !== null;
  return inside(shape, at) || edgeAt(shape, at, reach) !== null;
}

/** The one that a click means: the smallest of those that hold it, since it lies over the others or is hidden. */
export function pickOf(shapes: readonly Shape[], at: Point, reach: number): Shape | null {
  const found = shapes.filter((one) => touches(one, at, reach));
  const size = ({ kind, bounds: [left, top, right, bottom] }: Shape): number =>
    closed(kind) ? (right - left) * (bottom - top) : 0;
  return found.reduce<Shape | null>((best, one) => (!best || size(one) <= size(best) ? one : best), null);
}

/** A vertex within `reach` of other shapes, else a place on their edges, else null. */
export function snapTo(shapes: readonly Shape[], at: Point, reach: number): Point | null {
  let vertex: Point | null = null;
  let edge: Point | null = null;
  let [byVertex, byEdge] = [reach, reach];
  for (const shape of shapes) {
    const spot = vertexAt(shape, at, byVertex);
    if (spot) {
      vertex = shape.parts[spot.part]![spot.ring]![spot.at]!;
      byVertex = distance(vertex, at);
    }
    const found = vertex || shape.kind === 'point' ? null : edgeAt(shape, at, byEdge);
    if (found) [edge, byEdge] = [found.at, found.away];
  }
  return vertex ? { ...vertex } : edge;
}
