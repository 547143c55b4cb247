/** Finds shapes by place: a plain grid of cells, each with those whose bounds meet it. */
import type { Bounds } from './shape';

interface Placed {
  id: string;
  bounds: Bounds;
}

/** What covers more cells than this lies in a list of its own. */
const MOST_CELLS = 64;

export class Grid<T extends Placed> {
  private readonly cells = new Map<number, Set<T>>();
  private readonly large = new Set<T>();
  private readonly cols: number;

  /** `size`: of a cell, in pixels; about the size of the things is best. */
  constructor(
    private readonly size: number,
    width: number,
  ) {
    // beside the scene things may lie too; cells that share a number are told apart by the bounds
    this.cols = Math.max(1, Math.ceil(width / size)) + 4;
  }

  add(thing: T): void {
    const cells = this.over(thing.bounds);
    if (!cells) this.large.add(thing);
    else
      for (const cell of cells) {
        const there = this.cells.get(cell);
        if (there) there.add(thing);
        else this.cells.set(cell, new Set([thing]));
      }
  }

  remove(thing: T): void {
    this.large.delete(thing);
    for (const cell of this.over(thing.bounds) ?? []) this.cells.get(cell)?.delete(thing);
  }

  /** Those whose bounds meet the box, each once. */
  meets(box: Bounds): T[] {
    const out = new Set<T>();
    const [left, top, right, bottom] = box;
    const take = (things: Iterable<T>): void => {
      for (const thing of things) {
        const b = thing.bounds;
        if (b[0] <= right && b[2] >= left && b[1] <= bottom && b[3] >= top) out.add(thing);
      }
    };
    take(this.large);
    const cells = this.over(box, 4 * this.cells.size + MOST_CELLS);
    if (cells) for (const cell of cells) take(this.cells.get(cell) ?? []);
    else for (const there of this.cells.values()) take(there);
    return [...out];
  }

  private over([left, top, right, bottom]: Bounds, most = MOST_CELLS): number[] | null {
    const [x0, x1] = [Math.floor(left / this.size), Math.floor(right / this.size)];
    const [y0, y1] = [Math.floor(top / this.size), Math.floor(bottom / this.size)];
    if (!((x1 - x0 + 1) * (y1 - y0 + 1) <= most)) return null;
    const out: number[] = [];
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) out.push(y * this.cols + x);
    return out;
  }
}
