/** Sets of pixels of a chip, drawn as shapes are: what every tool makes its patch of. */
import { NO_CONFIDENCE, UNLABELLED } from '../../canvas/pixels';
import { type Box, ORIGIN, type Patch, type Point } from '../contract';

/** What is said of pixels: a class by a person, or nothing any more. */
export type Saying = { code: number; origin?: number } | 'nothing';

export class Cells {
  private readonly there: Uint8Array;
  private left = Infinity;
  private top = Infinity;
  private right = -1;
  private bottom = -1;

  constructor(
    readonly rows: number,
    readonly cols: number,
  ) {
    this.there = new Uint8Array(rows * cols);
  }

  get empty(): boolean {
    return this.right < 0;
  }

  has(col: number, row: number): boolean {
    return col >= 0 && row >= 0 && col < this.cols && row < this.rows && this.there[row * this.cols + col] === 1;
  }

  clear(): void {
    this.there.fill(0);
    this.left = this.top = Infinity;
    this.right = this.bottom = -1;
  }

  /** Pixels `from` to `to`, both included, of a row; what lies beyond the chip is left out. */
  span(row: number, from: number, to: number): void {
    const a = Math.max(0, from);
    const b = Math.min(this.cols - 1, to);
    if (row < 0 || row >= this.rows || a > b) return;
    this.there.fill(1, row * this.cols + a, row * this.cols + b + 1);
    this.left = Math.min(this.left, a);
    this.right = Math.max(this.right, b);
    this.top = Math.min(this.top, row);
    this.bottom = Math.max(this.bottom, row);
  }

  /**
   * A stroke from `a` to `b`: every pixel whose middle is within half of `width` of the way, and the pixels on the way
   * itself, so that thin strokes have no gaps.
   */
  stroke(a: Point, b: Point, width: number): void {
    this.thin(a, b);
    if (width <= 1) return;
    const radius = width / 2;
    const first = Math.max(0, Math.floor(Math.min(a.y, b.y) - radius));
    const last = Math.min(this.rows - 1, Math.ceil(Math.max(a.y, b.y) + radius));
    for (let row = first; row <= last; row++) {
      const [low, high] = across(a, b, radius, row + 0.5);
      this.span(row, Math.ceil(low - 0.5), Math.floor(high - 0.5));
    }
  }

  /** The pixels on the way from `a` to `b`, each touching the one before (Bresenham). */
  private thin(a: Point, b: Point): void {
    let [x, y] = [Math.floor(a.x), Math.floor(a.y)];
    const [toX, toY] = [Math.floor(b.x), Math.floor(b.y)];
    const [dx, dy] = [Math.abs(toX - x), -Math.abs(toY - y)];
    const [sx, sy] = [x < toX ? 1 : -1, y < toY ? 1 : -1];
    for (let error = dx + dy; ;) {
      this.span(y, x, x);
      if (x === toX && y === toY) return;
      const twice = 2 * error;
      if (twice >= dy) [error, x] = [error + dy, x + sx];
      if (twice <= dx) [error, y] = [error + dx, y + sy];
    }
  }

  /** Pixels whose middle is inside of an outline, even-odd where it crosses itself. */
  polygon(outline: readonly Point[]): void {
    if (outline.length < 3) return;
    const ys = outline.map(({ y }) => y);
    const first = Math.max(0, Math.floor(Math.min(...ys)));
    const last = Math.min(this.rows - 1, Math.ceil(Math.max(...ys)));
    for (let row = first; row <= last; row++) {
      const at = crossings(outline, row + 0.5);
      for (let i = 0; i + 1 < at.length; i += 2) {
        this.span(row, Math.ceil(at[i]! - 0.5), Math.ceil(at[i + 1]! - 0.5) - 1);
      }
    }
  }

  /** A rectangle from pixel to pixel, both included. */
  rectangle(a: Point, b: Point): void {
    const [left, right] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.max(a.x, b.x))];
    const [top, bottom] = [Math.floor(Math.min(a.y, b.y)), Math.floor(Math.max(a.y, b.y))];
    for (let row = Math.max(0, top); row <= Math.min(this.rows - 1, bottom); row++) this.span(row, left, right);
  }

  /** Where the pixels lie, and which of them they are; null where there is none. */
  area(): (Box & { there: Uint8Array }) | null {
    if (this.empty) return null;
    const { left, top, cols } = this;
    const width = this.right - left + 1;
    const height = this.bottom - top + 1;
    const there = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const at = (top + row) * cols + left;
      there.set(this.there.subarray(at, at + width), row * width);
    }
    return { x: left, y: top, width, height, there };
  }

  patch(saying: Saying): Patch | null {
    const area = this.area();
    return area && saidOf(area, saying);
  }
}

/** The pixels that `takes` says yes to. */
export function cellsWhere(rows: number, cols: number, takes: (at: number) => boolean): Cells {
  const cells = new Cells(rows, cols);
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < cols; from++) {
      if (!takes(row * cols + from)) continue;
      let to = from;
      while (to < cols - 1 && takes(row * cols + to + 1)) to++;
      cells.span(row, from, to);
      from = to;
    }
  }
  return cells;
}

/** One thing said of all pixels of an area. */
export function saidOf(area: Box & { there: Uint8Array }, saying: Saying): Patch {
  const size = area.width * area.height;
  const nothing = saying === 'nothing';
  const plane = (value: number): Uint8Array => new Uint8Array(size).fill(value);
  return {
    ...area,
    classes: plane(nothing ? UNLABELLED : saying.code),
    origin: plane(nothing ? ORIGIN.none : (saying.origin ?? ORIGIN.human)),
    confidence: plane(NO_CONFIDENCE),
  };
}

/** Where the row `y` enters and leaves the points within `radius` of the way from `a` to `b`. */
function across(a: Point, b: Point, radius: number, y: number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  const take = (x: number): void => {
    low = Math.min(low, x);
    high = Math.max(high, x);
  };
  for (const end of [a, b]) {
    const half = Math.sqrt(radius * radius - (y - end.y) ** 2);
    if (half >= 0) [end.x - half, end.x + half].forEach(take);
  }
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    // the two long sides of the rectangle between the ends
    const [nx, ny] = [(-dy / length) * radius, (dx / length) * radius];
    for (const side of [1, -1]) {
      const t = dy === 0 ? NaN : (y - (a.y + side * ny)) / dy;
      if (t >= 0 && t <= 1) take(a.x + side * nx + t * dx);
    }
    if (dy === 0 && Math.abs(y - a.y) <= radius) [a.x, b.x].forEach(take);
  }
  return [low, high];
}

function crossings(outline: readonly Point[], y: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < outline.length; i++) {
    const a = outline[i]!;
    const b = outline[(i + 1) % outline.length]!;
    if (a.y <= y !== b.y <= y) found.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  return found.sort((one, other) => one - other);
}
