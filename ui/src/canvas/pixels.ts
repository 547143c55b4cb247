/** The pixels of a chip and the mask over it, decoded once; any number of canvases and panels may share them. */

import { evaluator, type Expression } from './expression';
import { NpyError, type Npy, type Samples } from './npy';
import { percentile } from './statistics';

/** What is needed of a band; `BandInfo` of the API has it. */
export interface Band {
  name: string;
  common_name?: string | null;
  scale: number;
  offset: number;
  nodata: number | null;
  low?: number | null;
  high?: number | null;
}

/** Values that a channel shows, sorted; at most this many of a chip are looked at. */
const MOST_SAMPLES = 512 * 512;

export class ChipPixels {
  readonly rows: number;
  readonly cols: number;
  readonly data: Samples;
  private readonly samples = new Map<string, Float32Array>();

  constructor(
    npy: Npy,
    readonly bands: readonly Band[],
    /** uint8 (rows, columns): 0 where a pixel has no data. */
    readonly valid: Uint8Array | null = null,
  ) {
    const [count, rows, cols] = npy.shape;
    if (npy.shape.length !== 3 || count !== bands.length)
      throw new NpyError(`pixels of shape (${npy.shape.join(', ')}) do not fit ${bands.length} bands`);
    if (valid && valid.length !== rows! * cols!)
      throw new NpyError(`${valid.length} validity values do not fit ${rows} x ${cols} pixels`);
    this.rows = rows!;
    this.cols = cols!;
    this.data = npy.data;
  }

  /** Whether no pixel has data. */
  get empty(): boolean {
    return this.valid !== null && !this.valid.includes(1);
  }

  /** The physical value of a band; NaN where there is none. */
  physical(band: number, row: number, col: number): number {
    const at = row * this.cols + col;
    if (this.valid && !this.valid[at]) return NaN;
    return this.physicalAt(band, at);
  }

  /** The physical values of all bands at one pixel. */
  values(row: number, col: number): number[] {
    return this.bands.map((_, band) => this.physical(band, row, col));
  }

  isValid(row: number, col: number): boolean {
    return !this.valid || this.valid[row * this.cols + col] !== 0;
  }

  /** What an expression gives over the chip, finite values only, sorted; every pixel, or an even sample of a large chip. */
  sorted(expression: Expression): Float32Array {
    const key = JSON.stringify(expression.root);
    let found = this.samples.get(key);
    if (!found) this.samples.set(key, (found = this.collect(expression).sort()));
    return found;
  }

  /** The values that `low` and `high` percent of the chip lie below. */
  range(expression: Expression, low = 2, high = 98): [number, number] {
    const sorted = this.sorted(expression);
    return sorted.length ? [percentile(sorted, low), percentile(sorted, high)] : [0, 1];
  }

  private collect(expression: Expression): Float32Array {
    const evaluate = evaluator(expression.root);
    const step = Math.max(1, Math.ceil(Math.sqrt((this.rows * this.cols) / MOST_SAMPLES)));
    const out = new Float32Array(Math.ceil(this.rows / step) * Math.ceil(this.cols / step));
    const here = new Float64Array(this.bands.length);
    let count = 0;
    for (let row = 0; row < this.rows; row += step)
      for (let col = 0; col < this.cols; col += step) {
        const at = row * this.cols + col;
        if (this.valid && !this.valid[at]) continue;
        for (const band of expression.bands) here[band] = this.physicalAt(band, at);
        const value = evaluate(here);
        if (Number.isFinite(value)) out[count++] = value;
      }
    return out.subarray(0, count);
  }

  private physicalAt(band: number, at: number): number {
    const stored = this.data[band * this.rows * this.cols + at]!;
    const { scale, offset, nodata } = this.bands[band]!;
    return Number.isFinite(stored) && stored !== nodata ? stored * scale + offset : NaN;
  }
}

/** What lies around a chip: a larger picture of the scene, and where in it the chip begins. */
export interface Around {
  pixels: ChipPixels;
  left: number;
  top: number;
}

/** The physical values of all bands at a pixel of the chip, or around it; null beyond what is known. */
export function valuesAt(chip: ChipPixels, around: Around | null, row: number, col: number): number[] | null {
  if (row >= 0 && col >= 0 && row < chip.rows && col < chip.cols) return chip.values(row, col);
  if (!around) return null;
  const [r, c] = [row + around.top, col + around.left];
  return r >= 0 && c >= 0 && r < around.pixels.rows && c < around.pixels.cols ? around.pixels.values(r, c) : null;
}

export const UNLABELLED = 255;
export const NO_CONFIDENCE = 255;

export class MaskPixels {
  readonly rows: number;
  readonly cols: number;
  /** Class, origin and confidence in percent, one plane behind the other. */
  readonly data: Uint8Array;

  constructor(npy: Npy) {
    const [planes, rows, cols] = npy.shape;
    if (npy.dtype !== 'u1' || npy.shape.length !== 3 || planes !== 3)
      throw new NpyError(`a mask is uint8 (3, rows, columns), not ${npy.dtype} (${npy.shape.join(', ')})`);
    this.rows = rows!;
    this.cols = cols!;
    this.data = npy.data as Uint8Array;
  }

  at(row: number, col: number): { code: number; origin: number; confidence: number } {
    const plane = this.rows * this.cols;
    const i = row * this.cols + col;
    return { code: this.data[i]!, origin: this.data[plane + i]!, confidence: this.data[2 * plane + i]! };
  }

  /** Pixels by value of one plane (0 class, 1 origin), over the pixels that have a class. */
  counts(plane: 0 | 1): Map<number, number> {
    const size = this.rows * this.cols;
    const found = new Map<number, number>();
    for (let i = 0; i < size; i++) {
      if (this.data[i] === UNLABELLED) continue;
      const value = this.data[plane * size + i]!;
      found.set(value, (found.get(value) ?? 0) + 1);
    }
    return found;
  }
}
