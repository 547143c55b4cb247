/** What a person has in hand: tool and class, what is selected and what is being drawn. Coordinates are pixels of the scene. */
import { recall, remember } from '../lib/stored';
import type { Modifiers, Point, Preview, Tool } from '../paint/contract';
import { type Bench, distance, near, pickAt, reachOf } from './bench';
import { Draft } from './draft.svelte';
import { edgeAt, snapTo, vertexAt } from './hit';
import { Picked } from './picked.svelte';
import { addVertex, moveBy, moveVertex, type Kind, type Shape, type Spot } from './shape';

export type ToolName = 'select' | Kind | 'shift';

/** CSS pixels from where on a press is a drag. */
const DRAGGED = 3;
const NONE: Modifiers = { shift: false, ctrl: false, alt: false };

type Drag =
  | { what: 'vertex'; shape: Shape; spot: Spot }
  | { what: 'move'; shapes: Shape[] }
  | { what: 'frame' | 'draw' | 'shift' };

export class Hand implements Tool {
  kind = $state<ToolName>('select');
  code = $state(0);
  snapping = $state(recall('outline snapping') !== 'off');
  pointer = $state.raw<Point | null>(null);
  /** What the pointer is drawn to. */
  snapped = $state.raw<Point | null>(null);
  frame = $state.raw<readonly [Point, Point] | null>(null);
  /** Where the keyboard draws. */
  cell = $state.raw<Point | null>(null);
  /** How far the layer is dragged. */
  offset = $state.raw<Point | null>(null);
  readonly picked: Picked;
  readonly draft: Draft;
  /** The views of the pixel editor draw this; here the stage draws what it needs. */
  readonly preview: Preview | null = null;
  private drag: Drag | null = null;
  private from: Point | null = null;

  constructor(private readonly bench: Bench) {
    this.picked = new Picked(bench, () => this.drag !== null);
    this.draft = new Draft(bench, this.picked, () => this.code);
  }

  get name(): string {
    return this.kind;
  }

  get cursor(): string {
    return this.kind === 'select' ? 'default' : this.kind === 'shift' ? 'move' : 'crosshair';
  }

  /** The kind of shape that is drawn; null where none is. */
  get drawn(): Kind | null {
    return this.kind === 'select' || this.kind === 'shift' ? null : this.kind;
  }

  /** What is being drawn, as far as it goes. */
  shown(): { points: readonly Point[]; closed: boolean } | null {
    if (!this.frame) return this.drawn && this.draft.shown(this.drawn, this.snapped ?? this.pointer);
    const [a, b] = this.frame;
    return { points: [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }], closed: true };
  }

  // --- as a tool ----------------------------------------------------------------------------------------------------

  down(at: Point, how: Modifiers): boolean {
    this.picked.flush();
    if (how !== NONE) this.cell = null;
    this.from = at;
    if (this.kind === 'select') return this.grab(at, how);
    if (this.kind === 'shift') this.drag = { what: 'shift' };
    else if (this.draft.add(this.kind, at, this.snapOf(at, []) ?? at, how, how === NONE)) this.drag = { what: 'draw' };
    return true;
  }

  move(at: Point): void {
    const { drag, from } = this;
    if (this.drawn) {
      this.pointer = at;
      this.snapped = this.snapOf(at, []);
    }
    const going = this.frame || this.offset || this.picked.edited.length;
    if (drag && from && (going || this.dragged(from, at))) this.pull(drag, from, at);
  }

  up(at: Point): void {
    const { drag, from } = this;
    this.drag = this.from = null;
    if (drag?.what === 'draw') {
      if (from && this.drawn && this.draft.open && this.dragged(from, at))
        this.draft.letGo(this.drawn, this.snapOf(at, []) ?? at);
    } else if (drag?.what === 'frame') {
      if (this.frame) this.picked.enclose(this.frame);
    } else if (drag?.what === 'shift') {
      if (this.offset) this.bench.shifted(this.offset.x, this.offset.y);
    } else if (drag) this.picked.commit();
    if (!this.drawn) this.snapped = null;
    this.frame = this.offset = null;
  }

  cancel(): void {
    this.drag = this.from = this.frame = this.offset = this.snapped = null;
    this.picked.drop();
  }

  leave(): void {
    this.pointer = this.snapped = null;
  }

  double(at: Point): boolean {
    const { drawn, draft, picked } = this;
    if (drawn && draft.open) return draft.close(drawn);
    const shape = this.kind === 'select' ? picked.one() : null;
    const reach = reachOf(this.bench);
    if (!shape || shape.kind === 'point' || vertexAt(shape, at, reach)) return true;
    const edge = edgeAt(shape, at, reach);
    if (edge) picked.insert(shape, edge.spot, edge.at);
    return true;
  }

  key(key: string): boolean {
    if (key === 'Escape') return this.escape();
    if (key === 'Enter') return this.drawn !== null && this.draft.close(this.drawn);
    if (key !== 'Backspace' || !this.draft.open) return false;
    this.draft.back();
    return true;
  }

  private grab(at: Point, how: Modifiers): boolean {
    const { picked } = this;
    const one = picked.one();
    if (one && !how.shift && this.grabVertex(one, at)) return true;
    const found = pickAt(this.bench, at);
    if (!found) {
      if (how.shift) this.drag = { what: 'frame' };
      return how.shift;
    }
    if (how.shift) picked.toggle(found.id);
    else if (!picked.selection.has(found.id)) picked.select([found.id]);
    this.drag = { what: 'move', shapes: picked.all() };
    return true;
  }

  /** A vertex under the pointer, or a new one on an edge under it. */
  private grabVertex(shape: Shape, at: Point): boolean {
    if (shape.kind === 'point') return false;
    const reach = reachOf(this.bench);
    const spot = vertexAt(shape, at, reach);
    if (spot) {
      this.picked.vertex = spot;
      this.drag = { what: 'vertex', shape, spot };
      return true;
    }
    const box = shape.kind === 'box' || shape.kind === 'oriented-box';
    const edge = box ? null : edgeAt(shape, at, reach / 2);
    if (!edge) return false;
    const next = { ...edge.spot, at: edge.spot.at + 1 };
    this.drag = { what: 'vertex', shape: addVertex(shape, edge.spot, edge.at), spot: next };
    return true;
  }

  private pull(drag: Drag, from: Point, at: Point): void {
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    if (drag.what === 'frame') this.frame = [from, at];
    else if (drag.what === 'shift') this.offset = { x: dx, y: dy };
    else if (drag.what === 'vertex') {
      this.picked.vertex = drag.spot;
      this.snapped = this.snapOf(at, [drag.shape.id]);
      this.picked.lift([moveVertex(drag.shape, drag.spot, this.snapped ?? at)]);
    } else if (drag.what === 'move') this.picked.lift(drag.shapes.map((one) => moveBy(one, dx, dy)));
  }

  // --- by keys ------------------------------------------------------------------------------------------------------

  /** By a pixel or ten: the vertex, what is selected, or the place that the keyboard draws at. */
  arrow(dx: number, dy: number): boolean {
    if (!this.drawn) return this.picked.nudge(dx, dy);
    const from = this.cell ?? this.pointer;
    if (!from) return false;
    this.place(this.cell ? { x: from.x + dx, y: from.y + dy } : from);
    this.bench.walked(this.cell!);
    return true;
  }

  /** The keyboard draws from here on. */
  place(at: Point): void {
    this.cell = { x: Math.round(at.x), y: Math.round(at.y) };
    this.move(this.cell);
  }

  press(): void {
    if (!this.cell || !this.drawn) return;
    this.down(this.cell, NONE);
    this.up(this.cell);
  }

  take(kind: ToolName): void {
    this.picked.flush();
    this.draft.points = [];
    this.drag = this.snapped = null;
    this.kind = kind;
    if (!this.drawn) this.cell = this.pointer = null;
  }

  /** The class in hand; of what is selected too, unless something else is being drawn. */
  setCode(code: number, selected = this.kind === 'select'): void {
    this.picked.flush();
    this.code = code;
    if (!selected) return;
    const others = this.picked.all().filter((one) => one.code !== code);
    this.picked.change(others, (shape) => ({ ...shape, code }));
  }

  setSnapping(on: boolean): void {
    this.snapping = on;
    if (!on) this.snapped = null;
    remember('outline snapping', on ? 'on' : 'off');
  }

  private escape(): boolean {
    const { draft, picked } = this;
    if (this.drag) this.cancel();
    else if (draft.open) draft.points = [];
    else if (picked.vertex) picked.vertex = null;
    else if (this.cell) this.cell = null;
    else if (picked.selection.size) picked.select([]);
    else if (this.kind !== 'select') this.take('select');
    else return false;
    this.snapped = null;
    return true;
  }

  private snapOf(at: Point, but: readonly string[]): Point | null {
    if (!this.snapping) return null;
    const others = near(this.bench, at).filter((one) => !but.includes(one.id));
    return snapTo(others, at, reachOf(this.bench));
  }

  private dragged(from: Point, at: Point): boolean {
    return distance(from, at) > DRAGGED / this.bench.zoom();
  }
}
