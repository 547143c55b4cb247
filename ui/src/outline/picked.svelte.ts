/** The shapes that are selected, the vertex that is chosen, and what is done to them. */
import { newId } from '../label/acts';
import type { Point } from '../paint/contract';
import type { Bench } from './bench';
import { addVertex, closed, dropVertex, moveBy, moveVertex, rectangle, ringAt, type Shape, type Spot } from './shape';

const NUDGE_MS = 450;
/** CSS pixels that a copy lies beside. */
const ASIDE = 12;
const HUMAN = 1;

export class Picked {
  selection = $state.raw<ReadonlySet<string>>(new Set());
  /** Of the one that is selected. */
  vertex = $state.raw<Spot | null>(null);
  /** Shapes as they would be, while they are dragged or nudged. */
  edited = $state.raw<readonly Shape[]>([]);
  private before: readonly Shape[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly bench: Bench,
    private readonly dragging: () => boolean,
  ) {}

  /** The one shape that is selected, as it is now; null where none or several are. */
  one(): Shape | null {
    if (this.selection.size !== 1) return null;
    const [id] = this.selection;
    return this.edited.find((shape) => shape.id === id) ?? this.bench.get(id!);
  }

  all(): Shape[] {
    return [...this.selection].map((id) => this.bench.get(id)).filter((one) => one !== null);
  }

  select(ids: Iterable<string>): void {
    this.flush();
    this.selection = new Set(ids);
    this.vertex = null;
  }

  toggle(id: string): void {
    this.select(this.selection.has(id) ? [...this.selection].filter((one) => one !== id) : [...this.selection, id]);
  }

  /** All that lies wholly between two corners. */
  enclose([from, to]: readonly [Point, Point]): void {
    const [a, , b] = rectangle(from, to) as [Point, Point, Point];
    const inside = ({ bounds: [left, top, right, bottom] }: Shape): boolean =>
      left >= a.x && top >= a.y && right <= b.x && bottom <= b.y;
    const found = this.bench.meets([a.x, a.y, b.x, b.y]).filter(inside);
    this.select([...this.selection, ...found.map((one) => one.id)]);
  }

  // --- while it changes -----------------------------------------------------------------------------------------------

  lift(shapes: readonly Shape[]): void {
    if (this.before.length === 0) {
      const ids = shapes.map((one) => one.id);
      this.before = ids.map((id) => this.bench.get(id)).filter((one) => one !== null);
      this.bench.lift(ids);
    }
    this.edited = shapes;
  }

  drop(): void {
    if (this.before.length) this.bench.lift([]);
    this.before = this.edited = [];
  }

  commit(): void {
    const { edited, before } = this;
    this.drop();
    const known = new Map(before.map((one) => [one.id, one]));
    const changes = edited.flatMap((after) => {
      const was = known.get(after.id);
      return was ? [{ before: was, after }] : [];
    });
    if (changes.length) this.bench.apply(changes);
  }

  /** What arrow keys have moved is said now. */
  flush(): void {
    clearTimeout(this.timer);
    if (!this.dragging() && this.edited.length) this.commit();
  }

  /** The vertex, or all that is selected, by so much; several such steps in a row are one edit. */
  nudge(dx: number, dy: number): boolean {
    if (this.selection.size === 0) return false;
    const shape = this.one();
    const now = this.edited.length ? this.edited : this.all();
    const there = shape && this.vertex && ringAt(shape, this.vertex)[this.vertex.at];
    if (there) this.lift([moveVertex(shape, this.vertex!, { x: there.x + dx, y: there.y + dy })]);
    else this.lift(now.map((one) => moveBy(one, dx, dy)));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), NUDGE_MS);
    return true;
  }

  // --- at once ------------------------------------------------------------------------------------------------------

  /** Where the vertex, or else the upper left corner of the bounds, lies. */
  placeOf(shape: Shape): Point {
    const there = this.vertex && ringAt(shape, this.vertex)[this.vertex.at];
    return there ?? { x: shape.bounds[0], y: shape.bounds[1] };
  }

  /** The vertex, or else the shape, to a place that was said in numbers. */
  moveTo(to: Point): void {
    this.flush();
    const shape = this.one();
    const from = shape && this.placeOf(shape);
    if (!shape || !from || (from.x === to.x && from.y === to.y)) return;
    const after = this.vertex ? moveVertex(shape, this.vertex, to) : moveBy(shape, to.x - from.x, to.y - from.y);
    this.bench.apply([{ before: shape, after }]);
  }

  nextVertex(by: number): void {
    this.flush();
    const shape = this.one();
    if (!shape) return;
    const spots = shape.parts.flatMap((rings, part) =>
      rings.flatMap((points, ring) => points.map((_, at) => ({ part, ring, at }))),
    );
    const now = this.vertex;
    const found = spots.findIndex((one) => one.part === now?.part && one.ring === now.ring && one.at === now.at);
    this.vertex = spots[(found < 0 ? (by > 0 ? 0 : -1) : found + by + spots.length) % spots.length] ?? spots.at(-1)!;
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

  insert(shape: Shape, spot: Spot, at: Point): void {
    this.flush();
    const before = this.bench.get(shape.id);
    if (!before) return;
    this.bench.apply([{ before, after: addVertex(before, spot, at) }]);
    this.vertex = { ...spot, at: spot.at + 1 };
  }

  /** The chosen vertex, else all that is selected. */
  remove(): void {
    this.flush();
    const shape = this.one();
    const after = shape && this.vertex ? dropVertex(shape, this.vertex) : null;
    if (shape && after) this.bench.apply([{ before: shape, after }]);
    else {
      this.bench.apply(this.all().map((before) => ({ before, after: null })));
      this.selection = new Set();
    }
    this.vertex = null;
  }

  duplicate(): void {
    this.flush();
    const by = ASIDE / this.bench.zoom();
    const copies = this.all().map((one) => ({ ...moveBy(one, by, by), id: newId(), source: null, seq: Infinity }));
    this.bench.apply(copies.map((after) => ({ before: null, after })));
    if (copies.length) this.select(copies.map((one) => one.id));
  }

  /** What a person changes of shapes is that person's. */
  change(shapes: readonly Shape[], how: (shape: Shape) => Shape): void {
    this.flush();
    this.bench.apply(shapes.map((before) => ({ before, after: { ...how(before), origin: HUMAN, score: null } })));
  }
}
