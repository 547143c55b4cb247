/** The cells of one level of a cascade: where they lie, what the model makes of them, what was said. Pure. */

/** Said of a cell, for the class of the cascade. */
export const ANSWERS = ['none', 'positive', 'negative', 'unsure'] as const;
export type CellAnswer = (typeof ANSWERS)[number];

/** Kept: its children go on. Undecided: no model tells it yet. */
export const DECISIONS = ['rejected', 'kept', 'undecided'] as const;
export type Decision = (typeof DECISIONS)[number];

export interface Grid {
  scene: string;
  level: number;
  /** Pixels of the scene for one cell, and from one to the next. */
  size: number;
  stride: number;
  /** Of the scene, in its pixels. */
  width: number;
  height: number;
}

export interface Columns {
  row: readonly number[];
  col: readonly number[];
  /** Upper left corner in pixels of the scene. */
  x: readonly number[];
  y: readonly number[];
  score: readonly (number | null)[];
  decision: readonly Decision[];
  answer: readonly CellAnswer[];
  training: readonly boolean[];
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Cells {
  readonly rows: number;
  readonly cols: number;
  readonly length: number;
  /** NaN where there is none. */
  readonly score: Float32Array;
  private readonly places: Int32Array;

  constructor(
    readonly grid: Grid,
    readonly told: Columns,
  ) {
    const { row, col, score } = told;
    this.length = row.length;
    // chips at the far edges may reach beyond what the scene's size says
    this.rows = Math.max(Math.ceil(grid.height / grid.stride), 1 + most(row));
    this.cols = Math.max(Math.ceil(grid.width / grid.stride), 1 + most(col));
    this.score = Float32Array.from(score, (one) => one ?? NaN);
    this.places = new Int32Array(this.rows * this.cols).fill(-1);
    for (let i = 0; i < this.length; i++) this.places[row[i]! * this.cols + col[i]!] = i;
  }

  /** The cell at a place of the grid; -1 where none was made. */
  at(row: number, col: number): number {
    const inside = row >= 0 && col >= 0 && row < this.rows && col < this.cols;
    return inside ? this.places[row * this.cols + col]! : -1;
  }

  /** The cell under a pixel of the scene. */
  under(x: number, y: number): number {
    const { stride, width, height } = this.grid;
    if (x < 0 || y < 0 || x >= width || y >= height) return -1;
    return this.at(Math.floor(y / stride), Math.floor(x / stride));
  }

  idOf(index: number): string {
    const { scene, level } = this.grid;
    return `${scene}_${level}_${this.told.row[index]}_${this.told.col[index]}`;
  }

  /** The cell of a chip of this level; -1 where it is another's. */
  indexOf(id: string): number {
    const { scene, level } = this.grid;
    const [, of, at, row, col] = /^(.*)_(\d+)_(\d+)_(\d+)$/.exec(id) ?? [];
    return of === scene && Number(at) === level ? this.at(Number(row), Number(col)) : -1;
  }

  /** What it covers, within the scene. */
  rectOf(index: number): Rect {
    const { size, width, height } = this.grid;
    const [x, y] = [this.told.x[index]!, this.told.y[index]!];
    return { x, y, width: Math.min(size, width - x), height: Math.min(size, height - y) };
  }

  /** All cells from one to another, as a rectangle. */
  between(from: number, to: number): number[] {
    const { row, col } = this.told;
    const [top, bottom] = [row[from]!, row[to]!].sort((a, b) => a - b) as [number, number];
    const [left, right] = [col[from]!, col[to]!].sort((a, b) => a - b) as [number, number];
    const out: number[] = [];
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const index = this.at(y, x);
        if (index >= 0) out.push(index);
      }
    return out;
  }

  /** The nearest cell on that side, straight ahead before aslant; the same where there is none. */
  beside(from: number, dx: number, dy: number): number {
    const { row, col } = this.told;
    let [best, least] = [from, Infinity];
    for (let i = 0; i < this.length; i++) {
      const [x, y] = [col[i]! - col[from]!, row[i]! - row[from]!];
      const along = x * dx + y * dy;
      if (along <= 0) continue;
      const away = along + 3 * Math.abs(x * dy + y * dx);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }

  /** The cell nearest to a pixel of the scene; -1 where there is none at all. */
  nearest(x: number, y: number): number {
    const half = this.grid.size / 2;
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < this.length; i++) {
      const away = Math.hypot(this.told.x[i]! + half - x, this.told.y[i]! + half - y);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }
}

/** Pixels from one chip of a level to the next; at the far edge a chip may be moved back onto the scene. */
export function strideOf({ row, col, x, y }: Pick<Columns, 'row' | 'col' | 'x' | 'y'>, size: number): number {
  let out = 0;
  for (let i = 0; i < row.length; i++) {
    if (col[i]! > 0) out = Math.max(out, x[i]! / col[i]!);
    if (row[i]! > 0) out = Math.max(out, y[i]! / row[i]!);
  }
  return Math.round(out) || size;
}

function most(values: readonly number[]): number {
  let out = -1;
  for (const value of values) if (value > out) out = value;
  return out;
}

/** What the cells would be decided by another threshold: people's answers go before scores. */
export function decided(cells: Cells, answers: readonly CellAnswer[], threshold: number | null): readonly Decision[] {
  if (threshold === null) return cells.told.decision;
  return answers.map((answer, i) => {
    if (answer === 'positive') return 'kept';
    if (answer === 'negative') return 'rejected';
    const score = cells.score[i]!;
    return Number.isNaN(score) ? 'undecided' : score >= threshold ? 'kept' : 'rejected';
  });
}

export function counted(decisions: readonly Decision[]): Record<Decision, number> {
  const out: Record<Decision, number> = { kept: 0, rejected: 0, undecided: 0 };
  for (const one of decisions) out[one]++;
  return out;
}
