/** Places: pixels to the chip's coordinates by its affine transform, to degrees by its footprint. */

/** a, b, c, d, e, f as rasterio has them: x = a * col + b * row + c, y = d * col + e * row + f. */
export type Affine = readonly [number, number, number, number, number, number];
export type Point = readonly [x: number, y: number];

export function isAffine(numbers: readonly number[] | null | undefined): boolean {
  return !!numbers && numbers.length >= 6 && numbers.slice(0, 6).every(Number.isFinite);
}

/** Coordinates of a place in pixels; 0.5, 0.5 is the middle of the first pixel. */
export function toMap(t: Affine, col: number, row: number): [number, number] {
  return [t[0] * col + t[1] * row + t[2], t[3] * col + t[4] * row + t[5]];
}

/** The place in pixels (column, row) of coordinates; null where the transform has no inverse. */
export function toPixel(t: Affine, x: number, y: number): [number, number] | null {
  const det = t[0] * t[4] - t[1] * t[3];
  if (det === 0) return null;
  const dx = x - t[2];
  const dy = y - t[5];
  return [(t[4] * dx - t[1] * dy) / det, (t[0] * dy - t[3] * dx) / det];
}

export interface Corners {
  topLeft: Point;
  topRight: Point;
  bottomRight: Point;
  bottomLeft: Point;
}

/** Between four corners: `u` from left to right, `v` from top to bottom, 0-1. */
export function bilinear(c: Corners, u: number, v: number): [number, number] {
  const mix = (i: 0 | 1) =>
    (1 - v) * ((1 - u) * c.topLeft[i] + u * c.topRight[i]) + v * ((1 - u) * c.bottomLeft[i] + u * c.bottomRight[i]);
  return [mix(0), mix(1)];
}

/**
 * The corners of a chip in degrees, out of its GeoJSON footprint. The ring may start anywhere, run either way and have
 * more points than corners; `direction` (signs of x per column and y per row) says which corner is the first pixel's.
 */
export function cornersOf(geometry: unknown, direction: { east: boolean; south: boolean }): Corners | null {
  const ring = ringOf(geometry);
  if (!ring) return null;
  const right = unwrap(ring);
  const pick = (east: boolean, north: boolean): Point =>
    right.reduce((best, p) => (reach(p, east, north) > reach(best, east, north) ? p : best));
  const left = !direction.east;
  const top = direction.south;
  return {
    topLeft: pick(left, top),
    topRight: pick(!left, top),
    bottomLeft: pick(left, !top),
    bottomRight: pick(!left, !top),
  };
}

const reach = (p: Point, east: boolean, north: boolean) => (east ? p[0] : -p[0]) + (north ? p[1] : -p[1]);

/** Across 180 degrees longitudes go on rising, so that between two corners there is no jump. */
function unwrap(ring: Point[]): Point[] {
  const xs = ring.map((p) => p[0]);
  if (Math.max(...xs) - Math.min(...xs) <= 180) return ring;
  return ring.map(([x, y]) => [x < 0 ? x + 360 : x, y]);
}

function ringOf(geometry: unknown): Point[] | null {
  const shape = geometry as { type?: string; coordinates?: unknown } | null;
  if (!shape?.coordinates) return null;
  if (shape.type === 'Polygon') return ((shape.coordinates as Point[][])[0] ?? null) as Point[] | null;
  if (shape.type !== 'MultiPolygon') return null;
  const parts = (shape.coordinates as Point[][][]).flatMap((polygon) => polygon[0] ?? []);
  return parts.length ? parts : null;
}

/** Degrees between -180 and 180. */
export function wrapLongitude(x: number): number {
  return ((((x + 180) % 360) + 360) % 360) - 180;
}

/** A length on the ground that is a round number (1, 2 or 5 times a power of ten) and at most `most`. */
export function roundLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
}
