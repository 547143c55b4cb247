/** A shape while it is drawn: vertices so far, and what they become. */
import { newId } from '../label/acts';
import type { Modifiers, Point } from '../paint/contract';
import { type Bench, distance, reachOf } from './bench';
import { addHole, addPart, closed, least, made, oriented, rectangle, type Kind, type Ring } from './shape';
import type { Picked } from './picked.svelte';

/** What a closed outline becomes: a shape, a hole in the selected one, or another part of it. */
export type Mode = 'shape' | 'hole' | 'part';
const TWICE_MS = 350;
/** Shapes that are thinner, in pixels of the scene, are none. */
const THIN = 1e-6;

export class Draft {
  mode = $state<Mode>('shape');
  /** Vertices set so far. */
  points = $state.raw<readonly Point[]>([]);
  private making: Mode = 'shape';
  private lastAt = 0;

  constructor(
    private readonly bench: Bench,
    private readonly picked: Picked,
    private readonly code: () => number,
  ) {}

  /** Whether vertices are set: Enter, Backspace and Escape belong to them then. */
  get open(): boolean {
    return this.points.length > 0;
  }

  /** A press at `at`, drawn to `to`; true where a drag goes on from there. `byKey`: no double click is meant. */
  add(kind: Kind, at: Point, to: Point, how: Modifiers, byKey: boolean): boolean {
    if (!this.open) this.making = this.modeOf(how);
    const first = this.points[0];
    // a double click is told of by itself; its second press sets no vertex
    const again =
      performance.now() - this.lastAt < TWICE_MS && distance(to, this.points.at(-1) ?? at) < reachOf(this.bench) / 2;
    this.lastAt = performance.now();
    if (kind === 'point') this.finish(kind, [to]);
    else if (kind === 'polygon' || kind === 'polyline') {
      if (again && this.open && !byKey) return false;
      const round = kind === 'polygon' && this.points.length > 2 && first && distance(first, at) < reachOf(this.bench);
      if (round) this.finish(kind, this.points);
      else this.points = [...this.points, to];
    } else return this.corner(kind, to);
    return false;
  }

  private corner(kind: Kind, to: Point): boolean {
    const [a, b] = this.points;
    if (kind === 'box' && a) this.finish(kind, rectangle(a, to));
    else if (a && b) this.finish(kind, oriented(a, b, to));
    else if (!a || distance(a, to) >= reachOf(this.bench) / 4) this.points = [...this.points, to];
    return this.open;
  }

  /** The end of a drag is a corner too. */
  letGo(kind: Kind, to: Point): void {
    if (kind === 'box') this.finish(kind, rectangle(this.points[0]!, to));
    else if (kind === 'oriented-box' && this.points.length === 1) this.points = [...this.points, to];
  }

  back(): void {
    this.points = this.points.slice(0, -1);
  }

  /** Ends a polygon or a line; true where something was being drawn. */
  close(kind: Kind): boolean {
    if (!this.open) return false;
    const drawn = kind === 'polygon' || kind === 'polyline';
    if (drawn && this.points.length >= least(kind)) this.finish(kind, this.points);
    return true;
  }

  /** What would be made of the vertices so far and the place that the pointer draws to. */
  shown(kind: Kind, at: Point | null): { points: readonly Point[]; closed: boolean } | null {
    const { points } = this;
    const [a, b] = points;
    if (!a) return null;
    if (!at) return { points, closed: kind === 'polygon' };
    if (kind === 'box') return { points: rectangle(a, at), closed: true };
    if (kind === 'oriented-box' && b) return { points: oriented(a, b, at), closed: true };
    return { points: [...points, at], closed: kind === 'polygon' };
  }

  private finish(kind: Kind, ring: Ring): void {
    this.points = [];
    const flat = kind !== 'point' && ring.every((one) => distance(one, ring[0]!) < THIN);
    const thin = closed(kind) && kind !== 'polygon' && Math.min(...sides(ring)) < THIN;
    if (flat || thin) return;
    const into = this.making === 'shape' ? null : this.picked.one();
    if (into && closed(into.kind) && closed(kind)) {
      this.bench.apply([{ before: into, after: this.making === 'hole' ? addHole(into, ring) : addPart(into, ring) }]);
      this.mode = 'shape';
      return;
    }
    const shape = made(kind, [[ring]], { id: newId(), chip: '', code: this.code() });
    this.bench.apply([{ before: null, after: shape }]);
    this.picked.select([shape.id]);
  }

  private modeOf({ shift, alt }: Modifiers): Mode {
    const one = this.picked.one();
    if (!one || !closed(one.kind)) return 'shape';
    return shift ? 'hole' : alt ? 'part' : this.mode;
  }
}

const sides = (ring: Ring): number[] => ring.map((one, i) => distance(one, ring[(i + 1) % ring.length]!));
