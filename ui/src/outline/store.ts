/** All shapes of a task on a scene: by id, by place, and how many there are of each class. */
import { Grid } from './grid';
import type { Bounds, Shape } from './shape';

const CELL = 256;

export class Store {
  /** Shapes of each class. */
  readonly counts = new Map<number, number>();
  /** Those that cross themselves. */
  crossing = 0;
  private readonly shapes = new Map<string, Shape>();
  private grid = new Grid<Shape>(CELL, 1);

  get size(): number {
    return this.shapes.size;
  }

  all(): Iterable<Shape> {
    return this.shapes.values();
  }

  get(id: string): Shape | null {
    return this.shapes.get(id) ?? null;
  }

  meets(box: Bounds): Shape[] {
    return this.grid.meets(box);
  }

  /** Says what a shape is now; null: it is no more. Answers what it was. */
  put(id: string, shape: Shape | null): Shape | null {
    const before = this.get(id);
    if (before) {
      this.grid.remove(before);
      this.count(before, -1);
    }
    if (shape) {
      this.shapes.set(id, shape);
      this.grid.add(shape);
      this.count(shape, 1);
    } else this.shapes.delete(id);
    return before;
  }

  /** `width`: of the scene, in pixels. */
  clear(width: number): void {
    this.shapes.clear();
    this.counts.clear();
    this.crossing = 0;
    this.grid = new Grid(CELL, width);
  }

  private count({ code, problem }: Shape, by: number): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + by);
    if (problem) this.crossing += by;
  }
}
