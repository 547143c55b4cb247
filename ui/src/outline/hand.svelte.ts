/** What a person has in hand: tool, class, what is selected and what is being drawn. Coordinates are pixels of the scene. */
import { newId } from '../label/acts';
import { recall, remember } from '../lib/stored';
import type { Modifiers, Point, Preview, Tool } from '../paint/contract';
import { edgeAt, pickOf, snapTo, vertexAt } from './hit';
import type { Change } from './history';
import {
  addHole,
  addPart,
  addVertex,
  closed,
  dropVertex,
  least,
  made,
  moveBy,
  moveVertex,
  oriented,
  rectangle,
  type Bounds,
  type Kind,
  type Shape,
  type Spot,
} from './shape';

export type ToolName = 'select' | Kind | 'shift';
/** What a closed outline becomes: a shape, a hole in the selected one, or another part of it. */
export type Mode = 'shape' | 'hole' | 'part';

/** CSS pixels. */
const REACH = 8;
const DRAGGED = 3;
const NUDGE_MS = 450;
const NONE: Modifiers = { shift: false, ctrl: false, alt: false };

/** What the hand works on. */
export interface Bench {
  get: (id: string) => Shape | null;
  meets: (box: Bounds) => Shape[];
  apply: (changes: readonly Change[]) => void;
  /** Drawn over the others while it changes: not among them. */
  lift: (ids: readonly string[]) => void;
  /** CSS pixels a pixel of the scene. */
  zoom: () => number;
  chip: () => string;
  walked: (at: Point) => void;
  /** The imported layer was dragged by so much. */
  shifted: (dx: number, dy: number) => void;
}

type Drag =
  | { what: 'vertex'; shape: Shape; spot: Spot }
  | { what: 'move'; shapes: Shape[] }
  | { what: 'frame'; add: boolean }
  | { what: 'draw' }
  | { what: 'shift' };

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

export class Hand implements Tool {
  kind = $state<ToolName>('select');
  code = $state(0);
  mode = $state<Mode>('shape');
  snapping = $state(recall('outline snapping') !== 'off');
  selection = $state.raw<ReadonlySet<string>>(new Set());
  /** Of the one that is selected. */
  vertex = $state.raw<Spot | null>(null);
  /** Vertices set so far. */
  points = $state.raw<readonly Point[]>([]);
  pointer = $state.raw<Point | null>(null);
  snapped = $state.raw<Point | null>(null);
  /** Shapes as they would be, while they are dragged or nudged. */
  edited = $state.raw<readonly Shape[]>([]);
  frame = $state.raw<readonly [Point, Point] | null>(null);
  /** Where the keyboard draws. */
  cell = $state.raw<Point | null>(null);
  /** How far the layer is dragged. */
  offset = $state.raw<Point | null>(null);
  /** Counts up with what is to be drawn anew. */
  ticks = $state(0);
  /** The views of the pixel editor draw this; here the stage draws what it needs. */
  readonly preview: Preview | null = null;
  private drag: Drag | null = null;
  private from: Point | null = null;
  private making: Mode = 'shape';
  private before: readonly Shape[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastAt = 0;

  constructor(private readonly bench: Bench) {}

  get name(): string {
    return this.kind;
  }

  get cursor(): string {
    return this.kind === 'select' ? 'default' : this.kind === 'shift' ? 'move' : 'crosshair';
  }

  get reach(): number {
    return REACH / this.bench.zoom();
  }

  /** Whether vertices are set: Enter, Backspace and Escape belong to them then. */
  get open(): boolean {
    return this.points.length > 0;
  }

  /** The one shape that is selected, as it is now; null where none or several are. */
  one(): Shape | null {
    if (this.selection.size !== 1) return null;
    const [id] = this.selection;
    return this.edited.find((shape) => shape.id === id) ?? this.bench.get(id!);
  }

  chosen(): Shape[] {
    return [...this.selection].map((id) => this.bench.get(id)).filter((one) => one !== null);
  }

  // --- as a tool ----------------------------------------------------------------------------------------------------

  down(at: Point, how: Modifiers): boolean {
    this.flush();
    if (how !== NONE) this.cell = null;
    this.from = at;
    const done = this.begin(at, how);
    this.ticks++;
    return done;
  }

  private begin(at: Point, how: Modifiers): boolean {
    if (this.kind === 'select') return this.grab(at, how);
    if (this.kind === 'shift') {
      this.drag = { what: 'shift' };
      return true;
    }
    if (!this.open) this.making = this.modeOf(how);
    const to = this.drawnTo(at);
    const first = this.points[0];
    // a double click is told by `double`; its second press sets no vertex
    const again = performance.now() - this.lastAt < 350 && distance(to, this.points.at(-1) ?? at) < this.reach / 2;
    this.lastAt = performance.now();
    if (this.kind === 'point') this.finish([to]);
    else if (this.kind === 'polygon' || this.kind === 'polyline') {
      if (again && this.open && how !== NONE) return true;
      const round = this.kind === 'polygon' && this.points.length > 2 && first && distance(first, at) < this.reach;
      if (round) this.finish(this.points);
      else this.points = [...this.points, to];
    } else {
      this.drag = { what: 'draw' };
      if (this.kind === 'box') {
        if (first) this.finish(rectangle(first, to));
        else this.points = [to];
      } else if (this.points.length === 2) this.finish(oriented(this.points[0]!, this.points[1]!, to));
      else if (!(first && distance(first, to) < this.reach / 4)) this.points = [...this.points, to];
    }
    return true;
  }

  move(at: Point, how: Modifiers): void {
    this.pointer = at;
    const { drag, from } = this;
    const drawing = this.kind !== 'select' && this.kind !== 'shift';
    if (drawing) this.snapped = this.snapOf(at, []);
    if (drag && from && (this.frame || this.edited.length || this.offset || this.dragged(from, at))) this.pull(at);
    if (drawing || drag) this.ticks++;
    void how;
  }

  up(at: Point, how: Modifiers): void {
    const { drag, from } = this;
    this.drag = null;
    this.from = null;
    if (drag?.what === 'draw' && from && this.open && this.dragged(from, at)) this.letGo(at);
    else if (drag?.what === 'frame') this.enclose(drag.add);
    else if (drag?.what === 'shift' && this.offset) {
      const { x, y } = this.offset;
      this.offset = null;
      this.bench.shifted(x, y);
    } else if (drag?.what === 'vertex' || drag?.what === 'move') this.commit();
    this.frame = null;
    this.ticks++;
    void how;
  }

  cancel(): void {
    this.drag = this.from = this.frame = this.offset = null;
    this.drop();
    this.ticks++;
  }

  leave(): void {
    this.pointer = this.snapped = null;
    this.ticks++;
  }

  double(at: Point): boolean {
    if (this.open && (this.kind === 'polygon' || this.kind === 'polyline')) return this.close();
    const shape = this.kind === 'select' ? this.one() : null;
    const edge = shape && shape.kind !== 'point' && !vertexAt(shape, at, this.reach) && edgeAt(shape, at, this.reach);
    if (edge) this.insert(shape, edge.spot, edge.at);
    return true;
  }

  key(key: string): boolean {
    if (key === 'Escape') return this.escape();
    if (key === 'Enter') return this.close();
    if (key === 'Backspace' && this.open) {
      this.points = this.points.slice(0, -1);
      this.ticks++;
      return true;
    }
    return false;
  }

  // --- selecting and changing ---------------------------------------------------------------------------------------

  private grab(at: Point, how: Modifiers): boolean {
    const shape = this.one();
    if (shape && !how.shift) {
      const spot = vertexAt(shape, at, this.reach);
      const box = shape.kind === 'box' || shape.kind === 'oriented-box';
      const edge = spot || box || shape.kind === 'point' ? null : edgeAt(shape, at, this.reach / 2);
      if (spot && shape.kind !== 'point') {
        this.vertex = spot;
        this.drag = { what: 'vertex', shape, spot };
        return true;
      }
      if (edge) {
        const next = { ...edge.spot, at: edge.spot.at + 1 };
        this.drag = { what: 'vertex', shape: addVertex(shape, edge.spot, edge.at), spot: next };
        return true;
      }
    }
    const { reach } = this;
    const near = this.bench.meets([at.x - reach, at.y - reach, at.x + reach, at.y + reach]);
    const found = pickOf(near, at, reach);
    if (!found) {
      if (!how.shift) return false;
      this.drag = { what: 'frame', add: true };
      return true;
    }
    if (how.shift) this.select(toggled(this.selection, found.id));
    else if (!this.selection.has(found.id)) this.select([found.id]);
    this.drag = { what: 'move', shapes: this.chosen() };
    return true;
  }

  /** Whether a click there means a shape. */
  hits(at: Point): boolean {
    const { reach } = this;
    const near = this.bench.meets([at.x - reach, at.y - reach, at.x + reach, at.y + reach]);
    return pickOf(near, at, reach) !== null;
  }

  private pull(at: Point): void {
    const { drag, from } = this;
    if (!drag || !from) return;
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    if (drag.what === 'frame') this.frame = [from, at];
    else if (drag.what === 'shift') this.offset = { x: dx, y: dy };
    else if (drag.what === 'vertex') {
      this.vertex = drag.spot;
      this.snapped = this.snapOf(at, [drag.shape.id]);
      this.lift([moveVertex(drag.shape, drag.spot, this.snapped ?? at)]);
    } else if (drag.what === 'move') this.lift(drag.shapes.map((one) => moveBy(one, dx, dy)));
  }

  private lift(shapes: readonly Shape[]): void {
    const ids = shapes.map((one) => one.id);
    if (this.before.length === 0) {
      this.before = ids.map((id) => this.bench.get(id)).filter((one) => one !== null);
      this.bench.lift(ids);
    }
    this.edited = shapes;
    this.ticks++;
  }

  private drop(): void {
    if (this.before.length) this.bench.lift([]);
    this.before = this.edited = [];
    this.snapped = null;
  }

  private commit(): void {
    const { edited, before } = this;
    this.drop();
    const known = new Map(before.map((one) => [one.id, one]));
    const changes = edited.flatMap((after) => {
      const was = known.get(after.id);
      return was ? [{ before: was, after }] : [];
    });
    if (changes.length) this.bench.apply(changes);
    this.ticks++;
  }

  /** What arrow keys have moved is said now. */
  flush(): void {
    clearTimeout(this.timer);
    if (!this.drag && this.edited.length) this.commit();
  }

  select(ids: Iterable<string>): void {
    this.flush();
    this.selection = new Set(ids);
    this.vertex = null;
    this.ticks++;
  }

  private enclose(add: boolean): void {
    if (!this.frame) return;
    const [a, , b] = rectangle(...this.frame) as [Point, Point, Point];
    const whole = ({ bounds: [left, top, right, bottom] }: Shape): boolean =>
      left >= a.x && top >= a.y && right <= b.x && bottom <= b.y;
    const found = this.bench.meets([a.x, a.y, b.x, b.y]).filter(whole);
    this.select([...(add ? this.selection : []), ...found.map((one) => one.id)]);
  }

  /** By a pixel or ten: the vertex, what is selected, or the place that the keyboard draws at. */
  arrow(dx: number, dy: number): boolean {
    if (this.kind !== 'select' && this.kind !== 'shift') return this.walk(dx, dy);
    if (this.selection.size === 0) return false;
    const shape = this.one();
    const now = this.edited.length ? this.edited : this.chosen();
    if (shape && this.vertex) {
      const { part, ring, at } = this.vertex;
      const there = shape.parts[part]?.[ring]?.[at];
      if (there) this.lift([moveVertex(shape, this.vertex, { x: there.x + dx, y: there.y + dy })]);
    } else this.lift(now.map((one) => moveBy(one, dx, dy)));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), NUDGE_MS);
    return true;
  }

  private walk(dx: number, dy: number): boolean {
    const from = this.cell ?? this.pointer;
    if (!from) return false;
    this.cell = this.cell ? { x: from.x + dx, y: from.y + dy } : { x: Math.round(from.x), y: Math.round(from.y) };
    this.bench.walked(this.cell);
    this.move(this.cell, NONE);
    this.ticks++;
    return true;
  }

  /** The keyboard draws from here on. */
  place(at: Point): void {
    this.cell = { x: Math.round(at.x), y: Math.round(at.y) };
    this.move(this.cell, NONE);
    this.ticks++;
  }

  press(): void {
    if (!this.cell || this.kind === 'select' || this.kind === 'shift') return;
    this.down(this.cell, NONE);
    this.up(this.cell, NONE);
  }

  nextVertex(by: number): void {
    const shape = this.one();
    if (!shape) return;
    this.flush();
    const spots = shape.parts.flatMap((rings, part) =>
      rings.flatMap((points, ring) => points.map((_, at) => ({ part, ring, at }))),
    );
    const now = this.vertex;
    const found = spots.findIndex((one) => one.part === now?.part && one.ring === now.ring && one.at === now.at);
    this.vertex = spots[(found < 0 ? (by > 0 ? 0 : -1) : found + by + spots.length) % spots.length] ?? spots.at(-1)!;
    this.ticks++;
  }

  /** A vertex more in the middle of the edge after the one that is chosen. */
  split(): void {
    const shape = this.one();
    const spot = this.vertex;
    const ring = spot && shape?.parts[spot.part]?.[spot.ring];
    if (!shape || !ring || shape.kind === 'point') return;
    const [a, b] = [ring[spot.at]!, ring[spot.at + 1] ?? (closed(shape.kind) ? ring[0]! : null)];
    if (b) this.insert(shape, spot, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  }

  private insert(shape: Shape, spot: Spot, at: Point): void {
    this.flush();
    const before = this.bench.get(shape.id);
    if (!before) return;
    this.bench.apply([{ before, after: addVertex(before, spot, at) }]);
    this.vertex = { ...spot, at: spot.at + 1 };
    this.ticks++;
  }

  /** The chosen vertex, else all that is selected. */
  remove(): void {
    this.flush();
    const shape = this.one();
    const after = shape && this.vertex ? dropVertex(shape, this.vertex) : null;
    if (shape && after) this.bench.apply([{ before: shape, after }]);
    else {
      this.bench.apply(this.chosen().map((before) => ({ before, after: null })));
      this.selection = new Set();
    }
    this.vertex = null;
    this.ticks++;
  }

  duplicate(): void {
    this.flush();
    const by = 12 / this.bench.zoom();
    const copies = this.chosen().map((one) => ({ ...moveBy(one, by, by), id: newId(), source: null, seq: Infinity }));
    this.bench.apply(copies.map((after) => ({ before: null, after })));
    if (copies.length) this.select(copies.map((one) => one.id));
  }

  /** The class in hand; of what is selected too, unless something else is being drawn. */
  setCode(code: number, selected = this.kind === 'select'): void {
    this.flush();
    this.code = code;
    if (!selected) return;
    const others = this.chosen().filter((one) => one.code !== code);
    this.change(others, (shape) => ({ ...shape, code }));
  }

  change(shapes: readonly Shape[], how: (shape: Shape) => Shape): void {
    this.bench.apply(shapes.map((before) => ({ before, after: { ...how(before), origin: 1, score: null } })));
    this.ticks++;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  take(kind: ToolName): void {
    this.flush();
    this.points = [];
    this.drag = this.snapped = null;
    this.kind = kind;
    if (kind === 'select' || kind === 'shift') this.cell = null;
    this.ticks++;
  }

  setSnapping(on: boolean): void {
    this.snapping = on;
    remember('outline snapping', on ? 'on' : 'off');
  }

  /** What would be made: vertices so far and the place that the pointer draws to. */
  draft(): { points: readonly Point[]; closed: boolean } | null {
    const at = this.pointer && (this.snapped ?? this.pointer);
    const { points } = this;
    const [a, b] = points;
    if (!a) return null;
    if (!at) return { points, closed: this.kind === 'polygon' };
    if (this.kind === 'box') return { points: rectangle(a, at), closed: true };
    if (this.kind === 'oriented-box' && b) return { points: oriented(a, b, at), closed: true };
    return { points: [...points, at], closed: this.kind === 'polygon' };
  }

  close(): boolean {
    if (!this.open) return false;
    if (this.kind !== 'polygon' && this.kind !== 'polyline') return true;
    if (this.points.length >= least(this.kind)) this.finish(this.points);
    return true;
  }

  private letGo(at: Point): void {
    const to = this.drawnTo(at);
    if (this.kind === 'box') this.finish(rectangle(this.points[0]!, to));
    else if (this.points.length === 1) this.points = [...this.points, to];
  }

  private finish(ring: readonly Point[]): void {
    const kind = this.kind as Kind;
    this.points = [];
    this.drag = this.snapped = null;
    const flat = kind !== 'point' && ring.every((one) => distance(one, ring[0]!) < 1e-6);
    const thin = closed(kind) && kind !== 'polygon' && Math.min(...sides(ring)) < 1e-6;
    if (flat || thin) return;
    const into = this.making === 'shape' ? null : this.one();
    if (into && closed(into.kind) && closed(kind)) {
      this.bench.apply([{ before: into, after: this.making === 'hole' ? addHole(into, ring) : addPart(into, ring) }]);
      this.mode = 'shape';
      return;
    }
    const shape = made(kind, [[ring]], { id: newId(), chip: '', code: this.code });
    this.bench.apply([{ before: null, after: shape }]);
    this.select([shape.id]);
  }

  private modeOf({ shift, alt }: Modifiers): Mode {
    const one = this.one();
    if (!one || !closed(one.kind)) return 'shape';
    return shift ? 'hole' : alt ? 'part' : this.mode;
  }

  private escape(): boolean {
    if (this.drag) this.cancel();
    else if (this.open) this.points = [];
    else if (this.vertex) this.vertex = null;
    else if (this.cell) this.cell = null;
    else if (this.selection.size) this.select([]);
    else if (this.kind !== 'select') this.take('select');
    else return false;
    this.snapped = null;
    this.ticks++;
    return true;
  }

  private drawnTo(at: Point): Point {
    return this.snapOf(at, []) ?? at;
  }

  private snapOf(at: Point, but: readonly string[]): Point | null {
    if (!this.snapping) return null;
    const { reach } = this;
    const near = this.bench.meets([at.x - reach, at.y - reach, at.x + reach, at.y + reach]);
    return snapTo(
      near.filter((one) => !but.includes(one.id)),
      at,
      reach,
    );
  }

  private dragged(from: Point, at: Point): boolean {
    return distance(from, at) > DRAGGED / this.bench.zoom();
  }
}

const sides = (ring: readonly Point[]): number[] => ring.map((one, i) => distance(one, ring[(i + 1) % ring.length]!));

function toggled(set: ReadonlySet<string>, id: string): string[] {
  return set.has(id) ? [...set].filter((one) => one !== id) : [...set, id];
}
