/** One cut through a band or an index: what lies on one side of it gets the class in hand. */
import { type MaskPixels, UNLABELLED } from '../../canvas/pixels';
import { type Modifiers, ORIGIN, type Point, type Preview } from '../contract';
import { BaseTool } from './bench';
import { type Cells, cellsWhere, saidOf } from './cells';
import type { Values } from './flood';

export interface Cut {
  values: Values;
  /** A value that lies at the cut is on the side that is taken. */
  at: number;
  /** Whether what lies above is taken, or what lies below. */
  above: boolean;
  /** Class of the other side; null: it stays as it is. */
  other: number | null;
}

/** A share of the chip's width by which the pointer may shake before the cut moves. */
const STILL = 0.01;
/** What Shift makes of the way of the pointer. */
const FINE = 0.1;

/** What the cut makes of each pixel: a class, 255 where it stays as it is. A pixel without a value stays. */
export function cutThrough({ rows, cols, data }: MaskPixels, cut: Cut, code: number): Uint8Array {
  const size = rows * cols;
  const other = cut.other ?? UNLABELLED;
  const { values, at: level, above } = cut;
  const out = new Uint8Array(size).fill(UNLABELLED);
  for (let at = 0; at < size; at++) {
    const origin = data[size + at];
    // what a person, a file or the product says stays: a rule is a model's word
    if (origin !== ORIGIN.none && origin !== ORIGIN.model) continue;
    const value = values.data[at]!;
    if (!Number.isFinite(value)) continue;
    const wanted = (above ? value >= level : value <= level) ? code : other;
    if (wanted !== data[at]) out[at] = wanted;
  }
  return out;
}

export class Threshold extends BaseTool {
  readonly name = 'threshold';
  private pressed: { x: number; value: number; before: number } | null = null;
  private last: { of: readonly unknown[]; preview: Preview | null } | null = null;

  /** The pixel that is pressed lies at the cut; across the chip is the whole range of values. */
  down(at: Point): boolean {
    const cut = this.bench.cut();
    if (!cut || !this.on(at)) return false;
    const value = cut.values.data[Math.floor(at.y) * this.bench.cols + Math.floor(at.x)]!;
    if (!Number.isFinite(value)) return true;
    this.pressed = { x: at.x, value, before: cut.at };
    this.bench.cutAt(value);
    return true;
  }

  move(at: Point, how: Modifiers): void {
    const cut = this.bench.cut();
    if (!cut || !this.pressed) return;
    const share = (at.x - this.pressed.x) / this.bench.cols;
    const way = Math.sign(share) * Math.max(0, Math.abs(share) - STILL);
    const { low, high } = cut.values;
    this.bench.cutAt(this.pressed.value + way * (high - low) * (how.shift ? FINE : 1));
  }

  up(): void {
    if (!this.pressed) return;
    this.pressed = null;
    this.take();
  }

  override cancel(): void {
    if (this.pressed) this.bench.cutAt(this.pressed.before);
    this.pressed = null;
  }

  override leave(): void {
    /* what the cut takes stays in sight */
  }

  key(key: string): boolean {
    if (key === 'Enter') return this.take();
    if (key !== 'Escape' || !this.pressed) return false;
    this.cancel();
    return true;
  }

  /** What would become of the class in hand, as long as the tool is. */
  override sees(): Preview | null {
    const { code, color } = this.bench;
    const cut = this.bench.cut();
    const shown = this.bench.shown();
    if (!cut || !shown || code === UNLABELLED) return null;
    const of = [shown, cut.values, cut.at, cut.above, cut.other, code, color];
    if (!this.last || of.some((one, i) => one !== this.last!.of[i]))
      this.last = { of, preview: { patch: this.seen(this.cellsOf(cutThrough(shown, cut, code), code)) } };
    return this.last.preview;
  }

  private take(): boolean {
    const { code } = this.bench;
    const cut = this.bench.cut();
    const shown = this.bench.shown();
    if (!cut || !shown || code === UNLABELLED) return false;
    const wanted = cutThrough(shown, cut, code);
    const area = this.cellsOf(wanted).area();
    if (!area) return false;
    const patch = saidOf(area, { code, origin: ORIGIN.model });
    for (let row = 0, i = 0; row < area.height; row++)
      for (let at = (area.y + row) * shown.cols + area.x, end = at + area.width; at < end; at++, i++)
        patch.classes[i] = wanted[at]!;
    this.bench.apply(patch, { tool: this.name });
    return true;
  }

  /** Where a class is wanted, or any. */
  private cellsOf(wanted: Uint8Array, code?: number): Cells {
    const { rows, cols } = this.bench;
    return cellsWhere(rows, cols, (at) => (code === undefined ? wanted[at] !== UNLABELLED : wanted[at] === code));
  }
}
