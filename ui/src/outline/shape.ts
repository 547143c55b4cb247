/** Shapes in pixels of the scene, and every change to one; all pure: a change gives a new shape. */
import type { Point } from '../paint/contract';

export type Kind = 'box' | 'oriented-box' | 'polygon' | 'polyline' | 'point';
/** Without its first point once more at its end. */
export type Ring = readonly Point[];
/** Of a polygon its outer ring and its holes; of a line or point one ring that is open. */
export type Part = readonly Ring[];
export type Value = string | number | boolean | null;

/** Left, top, right, bottom. */
export type Bounds = readonly [number, number, number, number];

export interface Shape {
  id: string;
  /** The chip that its event names. */
  chip: string;
  kind: Kind;
  parts: readonly Part[];
  code: number;
  origin: number;
  actor: string;
  seq: number;
  attributes: Readonly<Record<string, Value>>;
  /** The import that it came with. */
  source: string | null;
  score: number | null;
  depth: number | null;
  /** What is wrong with its geometry. */
  problem: string | null;
  bounds: Bounds;
}

/** A vertex of a shape. */
export interface Spot {
  part: number;
  ring: number;
  at: number;
}

export interface GeoGeometry {
  type: string;
  coordinates: unknown;
}

export interface GeoFeature {
  id: string;
  chip_id: string;
  origin: number;
  actor: string;
  seq: number;
  problem?: string | null;
  geometry: GeoGeometry;
  properties: {
    class: number;
    kind: Kind;
    attributes?: Record<string, unknown> | null;
    import?: string | null;
    score?: number | null;
    depth?: number | null;
  };
}

type Pair = [number, number];
const HUMAN = 1;
/** Longer outlines are looked through by the server. */
const MOST_CHECKED = 5000;

export const closed = (kind: Kind): boolean => kind !== 'polyline' && kind !== 'point';
/** Points that a ring must keep. */
export const least = (kind: Kind): number => (closed(kind) ? 3 : kind === 'polyline' ? 2 : 1);

export function boundsOf(parts: readonly Part[]): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts)
    for (const { x, y } of part[0] ?? []) {
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  return [left, top, right, bottom];
}

export function made(kind: Kind, parts: readonly Part[], about: { id: string; chip: string; code: number }): Shape {
  const rest = { origin: HUMAN, actor: '', seq: Infinity, attributes: {}, source: null, score: null, depth: null };
  return { ...about, ...rest, kind, parts, problem: problemOf(kind, parts), bounds: boundsOf(parts) };
}

/** The same shape as a person says it now, with another geometry. */
export function reshaped(shape: Shape, parts: readonly Part[], kind: Kind = shape.kind): Shape {
  return said({ ...shape, kind, parts, problem: problemOf(kind, parts), bounds: boundsOf(parts) });
}

/** What a person changed of a shape is that person's. */
export function said(shape: Shape): Shape {
  return { ...shape, origin: HUMAN, score: null };
}

// --- GeoJSON ----------------------------------------------------------------------------------------------------------

const ringOf = (pairs: readonly Pair[], close: boolean): Ring => {
  const points = pairs.map(([x, y]) => ({ x, y }));
  return close ? points.slice(0, -1) : points;
};

function partsOf({ type, coordinates }: GeoGeometry): readonly Part[] {
  const given = coordinates as never;
  const polygon = (rings: Pair[][]): Part => rings.map((ring) => ringOf(ring, true));
  if (type === 'Polygon') return [polygon(given)];
  if (type === 'MultiPolygon') return (given as Pair[][][]).map(polygon);
  if (type === 'LineString') return [[ringOf(given, false)]];
  if (type === 'MultiLineString') return (given as Pair[][]).map((line) => [ringOf(line, false)]);
  if (type === 'Point') return [[ringOf([given], false)]];
  return (given as Pair[]).map((point) => [ringOf([point], false)]);
}

export function fromFeature(feature: GeoFeature): Shape {
  const { properties } = feature;
  const parts = partsOf(feature.geometry);
  return {
    id: feature.id,
    chip: feature.chip_id,
    kind: properties.kind,
    parts,
    code: properties.class,
    origin: feature.origin,
    actor: feature.actor,
    seq: feature.seq,
    attributes: (properties.attributes ?? {}) as Record<string, Value>,
    source: properties.import ?? null,
    score: properties.score ?? null,
    depth: properties.depth ?? null,
    problem: feature.problem ?? null,
    bounds: boundsOf(parts),
  };
}

/** Its geometry with the origin at `corner`, to a ten thousandth of a pixel. */
export function geometryOf(shape: Shape, corner: Point = { x: 0, y: 0 }): GeoGeometry {
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const pair = ({ x, y }: Point): Pair => [round(x - corner.x), round(y - corner.y)];
  const ring = (points: Ring): Pair[] => points.map(pair);
  const many = shape.parts.length > 1;
  if (closed(shape.kind)) {
    const all = shape.parts.map((part) => part.map((one) => [...ring(one), pair(one[0]!)]));
    return many ? { type: 'MultiPolygon', coordinates: all } : { type: 'Polygon', coordinates: all[0] };
  }
  const lines = shape.parts.map((part) => ring(part[0]!));
  if (shape.kind === 'polyline')
    return many ? { type: 'MultiLineString', coordinates: lines } : { type: 'LineString', coordinates: lines[0] };
  const points = lines.map((line) => line[0]);
  return many ? { type: 'MultiPoint', coordinates: points } : { type: 'Point', coordinates: points[0] };
}

/** What an event says of it beside its geometry. */
export function propertiesOf(shape: Shape): Record<string, unknown> {
  return {
    class: shape.code,
    kind: shape.kind,
    ...(shape.score === null ? {} : { score: shape.score }),
    ...(shape.depth === null ? {} : { depth: shape.depth }),
    ...(Object.keys(shape.attributes).length ? { attributes: shape.attributes } : {}),
    ...(shape.source === null ? {} : { import: shape.source }),
  };
}

// --- changes ----------------------------------------------------------------------------------------------------------

export const ringAt = (shape: Shape, { part, ring }: Spot): Ring => shape.parts[part]?.[ring] ?? [];

function withRing(shape: Shape, spot: Spot, ring: Ring): readonly Part[] {
  return shape.parts.map((part, i) => (i === spot.part ? part.map((one, j) => (j === spot.ring ? ring : one)) : part));
}

/** A corner of a box takes its two neighbours along, so that it stays one; other vertices move alone. */
export function moveVertex(shape: Shape, spot: Spot, to: Point): Shape {
  const ring = ringAt(shape, spot);
  if ((shape.kind === 'box' || shape.kind === 'oriented-box') && ring.length === 4)
    return reshaped(shape, [[moveCorner(ring, spot.at, to)]]);
  return reshaped(
    shape,
    withRing(
      shape,
      spot,
      ring.map((one, i) => (i === spot.at ? to : one)),
    ),
  );
}

/** The corner across stays, the sides keep their directions. */
function moveCorner(ring: Ring, at: number, to: Point): Ring {
  const across = ring[(at + 2) % 4]!;
  const next = ring[(at + 1) % 4]!;
  const length = Math.hypot(across.x - next.x, across.y - next.y) || 1;
  const ux = (across.x - next.x) / length;
  const uy = (across.y - next.y) / length;
  const [dx, dy] = [to.x - across.x, to.y - across.y];
  const along = dx * ux + dy * uy;
  const first = { x: across.x + along * ux, y: across.y + along * uy };
  const second = { x: to.x - along * ux, y: to.y - along * uy };
  const out = [...ring];
  out[at] = to;
  out[(at + 1) % 4] = first;
  out[(at + 3) % 4] = second;
  return out;
}

/** A vertex more on the edge after `spot`; a box becomes a polygon by it. */
export function addVertex(shape: Shape, spot: Spot, to: Point): Shape {
  const ring = ringAt(shape, spot);
  const parts = withRing(shape, spot, [...ring.slice(0, spot.at + 1), to, ...ring.slice(spot.at + 1)]);
  return reshaped(shape, parts, closed(shape.kind) ? 'polygon' : shape.kind);
}

/** Without a vertex. A hole or part that has too few left goes with it; null where nothing would be left. */
export function dropVertex(shape: Shape, spot: Spot): Shape | null {
  const ring = ringAt(shape, spot).filter((_, i) => i !== spot.at);
  const kind = closed(shape.kind) ? 'polygon' : shape.kind;
  if (ring.length >= least(shape.kind)) return reshaped(shape, withRing(shape, spot, ring), kind);
  const parts = shape.parts
    .map((part, i) => (i === spot.part ? (spot.ring === 0 ? [] : part.filter((_, j) => j !== spot.ring)) : part))
    .filter((part) => part.length > 0);
  return parts.length ? reshaped(shape, parts, kind) : null;
}

export function moveBy(shape: Shape, dx: number, dy: number): Shape {
  const parts = shape.parts.map((part) => part.map((ring) => ring.map(({ x, y }) => ({ x: x + dx, y: y + dy }))));
  const [left, top, right, bottom] = shape.bounds;
  return said({ ...shape, parts, bounds: [left + dx, top + dy, right + dx, bottom + dy] });
}

/** A hole in the part that holds its first point, else in the first one. */
export function addHole(shape: Shape, hole: Ring): Shape {
  const found = shape.parts.findIndex((part) => part[0] && insideRing(part[0], hole[0]!));
  const at = Math.max(0, found);
  return reshaped(
    shape,
    shape.parts.map((part, i) => (i === at ? [...part, hole] : part)),
    'polygon',
  );
}

export function addPart(shape: Shape, ring: Ring): Shape {
  return reshaped(shape, [...shape.parts, [ring]], closed(shape.kind) ? 'polygon' : shape.kind);
}

// --- figures ----------------------------------------------------------------------------------------------------------

export function rectangle(a: Point, b: Point): Ring {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/** The rectangle over a base line that is as wide as `to` lies away from it. */
export function oriented(a: Point, b: Point, to: Point): Ring {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [nx, ny] = [-(b.y - a.y) / length, (b.x - a.x) / length];
  const width = (to.x - a.x) * nx + (to.y - a.y) * ny;
  const [ox, oy] = [nx * width, ny * width];
  return [a, b, { x: b.x + ox, y: b.y + oy }, { x: a.x + ox, y: a.y + oy }];
}

export function insideRing(ring: Ring, { x, y }: Point): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i]!, ring[j]!];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

export function inside(shape: Shape, at: Point): boolean {
  const [left, top, right, bottom] = shape.bounds;
  if (!closed(shape.kind) || at.x < left || at.x > right || at.y < top || at.y > bottom) return false;
  return shape.parts.some((part) => part.reduce((odd, ring) => odd !== insideRing(ring, at), false));
}

export function areaOf(ring: Ring): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    sum += ring[j]!.x * ring[i]!.y - ring[i]!.x * ring[j]!.y;
  return Math.abs(sum) / 2;
}

/** Pixels that it covers. */
export function coverOf(shape: Shape): number {
  const part = (rings: Part): number => rings.reduce((sum, ring, i) => sum + (i === 0 ? 1 : -1) * areaOf(ring), 0);
  return closed(shape.kind) ? shape.parts.reduce((sum, rings) => sum + part(rings), 0) : 0;
}

/** A point on it: of an area halfway across where the middle row of its bounds runs longest inside it. */
export function pointOn(shape: Shape): Point {
  const first = shape.parts[0]![0]!;
  if (!closed(shape.kind) || shape.problem) return first[0]!;
  const [, top, , bottom] = boundsOf([[first]]);
  const y = (top + bottom) / 2;
  const cuts: number[] = [];
  for (const ring of shape.parts[0]!)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [ring[i]!, ring[j]!];
      if (a.y > y !== b.y > y) cuts.push(((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x);
    }
  cuts.sort((a, b) => a - b);
  let best: Point = first[0]!;
  let widest = -1;
  for (let i = 0; i + 1 < cuts.length; i += 2)
    if (cuts[i + 1]! - cuts[i]! > widest) {
      widest = cuts[i + 1]! - cuts[i]!;
      best = { x: (cuts[i]! + cuts[i + 1]!) / 2, y };
    }
  return best;
}

const turn = (a: Point, b: Point, c: Point): number => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));

/** Where edges of a polygon's rings cross, in words as the server has them; null where none do. */
export function problemOf(kind: Kind, parts: readonly Part[]): string | null {
  if (!closed(kind)) return null;
  const edges: [Point, Point][] = [];
  for (const part of parts)
    for (const ring of part) for (let i = 0; i < ring.length; i++) edges.push([ring[i]!, ring[(i + 1) % ring.length]!]);
  if (edges.length > MOST_CHECKED) return null;
  const left = ([a, b]: [Point, Point]): number => Math.min(a.x, b.x);
  edges.sort((one, other) => left(one) - left(other));
  for (let i = 0; i < edges.length; i++)
    for (let j = i + 1; j < edges.length; j++) {
      const [[a, b], [c, d]] = [edges[i]!, edges[j]!];
      if (Math.min(c.x, d.x) > Math.max(a.x, b.x)) break; // nor do those further to the right
      if (Math.max(a.y, b.y) < Math.min(c.y, d.y) || Math.max(c.y, d.y) < Math.min(a.y, b.y)) continue;
      if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) return 'self-intersection';
    }
  return null;
}
