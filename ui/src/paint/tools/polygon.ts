/** Vertex by vertex; Enter or a double click closes, Backspace takes the last one, Escape gives up. */
import type { Point } from '../contract';
import { BaseTool } from './bench';
import type { Cells } from './cells';

/** A second click so near (in pixels) is the same vertex: a double click presses twice. */
const SAME = 0.5;

export class Polygon extends BaseTool {
  readonly name = 'polygon';
  private vertices: Point[] = [];
  private pointer: Point | null = null;

  /** Whether vertices are set: Enter and Backspace belong to them then. */
  get open(): boolean {
    return this.vertices.length > 0;
  }

  down(at: Point): boolean {
    const last = this.vertices.at(-1);
    if (!last || Math.hypot(last.x - at.x, last.y - at.y) > SAME) this.vertices = [...this.vertices, at];
    this.show(at);
    return true;
  }

  move(at: Point): void {
    this.show(at);
  }

  up(at: Point): void {
    this.show(at);
  }

  double(): boolean {
    return this.close();
  }

  key(key: string): boolean {
    if (!this.open) return false;
    if (key === 'Enter') return this.close();
    if (key === 'Escape') {
      this.vertices = [];
      this.show(null);
    } else if (key === 'Backspace') {
      this.vertices = this.vertices.slice(0, -1);
      this.show(this.pointer);
    } else return false;
    return true;
  }

  /** The pointer is gone: the vertices stay until Escape. */
  override leave(): void {
    this.show(null);
  }

  override cancel(): void {
    this.leave();
  }

  private close(): boolean {
    if (this.vertices.length < 3) return this.open;
    const cells = this.drawn(this.vertices);
    this.vertices = [];
    this.finish(cells);
    return true;
  }

  private drawn(points: readonly Point[]): Cells {
    const cells = this.cells();
    cells.polygon(points);
    return cells;
  }

  private show(at: Point | null): void {
    this.pointer = at;
    const points = at ? [...this.vertices, at] : this.vertices;
    this.preview = this.open ? { lines: [{ points, closed: true }], patch: this.seen(this.drawn(points)) } : null;
  }
}
