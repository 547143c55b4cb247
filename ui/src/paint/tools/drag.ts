/** Tools that are pressed, drawn and let go: line, rectangle, lasso. */
import type { Modifiers, Point, Preview } from '../contract';
import { BaseTool } from './bench';
import type { Cells } from './cells';

abstract class Drag extends BaseTool {
  protected way: Point[] = [];

  down(at: Point): boolean {
    this.way = [at];
    this.show(at);
    return true;
  }

  move(at: Point, how: Modifiers): void {
    if (this.way.length > 0) this.follow(at, how);
    this.show(at);
  }

  up(at: Point, how: Modifiers): void {
    if (this.way.length === 0) return;
    this.follow(at, how);
    const cells = this.drawn();
    this.way = [];
    this.finish(cells);
    this.show(at);
  }

  override cancel(): void {
    this.way = [];
    super.cancel();
  }

  override leave(): void {
    if (this.way.length === 0) super.leave();
  }

  protected follow(at: Point, how: Modifiers): void {
    this.way = [this.way[0]!, how.shift ? this.straight(this.way[0]!, at) : at];
  }

  /** With Shift. */
  protected straight(_from: Point, to: Point): Point {
    return to;
  }

  protected abstract drawn(): Cells;

  protected show(_at: Point): void {
    this.preview = this.way.length > 0 ? { patch: this.seen(this.drawn()) } : null;
  }
}

export class Line extends Drag {
  readonly name = 'line';

  protected drawn(): Cells {
    const cells = this.cells();
    cells.stroke(this.way[0]!, this.way.at(-1)!, this.bench.width);
    return cells;
  }

  /** Upright, level or at 45 degrees. */
  protected override straight(from: Point, to: Point): Point {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const angle = (Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * Math.PI) / 4;
    const length = Math.hypot(dx, dy);
    return { x: from.x + Math.cos(angle) * length, y: from.y + Math.sin(angle) * length };
  }

  protected override show(at: Point): void {
    super.show(at);
    this.preview = { ...this.preview, circle: { at: this.way.at(-1) ?? at, radius: this.bench.width / 2 } };
  }
}

export class Rectangle extends Drag {
  readonly name = 'rectangle';

  protected drawn(): Cells {
    const cells = this.cells();
    cells.rectangle(this.way[0]!, this.way.at(-1)!);
    return cells;
  }

  /** A square. */
  protected override straight(from: Point, to: Point): Point {
    const side = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
    return { x: from.x + side * (to.x < from.x ? -1 : 1), y: from.y + side * (to.y < from.y ? -1 : 1) };
  }
}

export class Lasso extends Drag {
  readonly name = 'lasso';

  protected override follow(at: Point): void {
    const last = this.way.at(-1)!;
    if (last.x !== at.x || last.y !== at.y) this.way = [...this.way, at];
  }

  protected drawn(): Cells {
    const cells = this.cells();
    cells.polygon(this.way);
    return cells;
  }

  protected override show(_at: Point): void {
    const lines: Preview['lines'] = [{ points: this.way, closed: true }];
    this.preview = this.way.length > 0 ? { lines, patch: this.seen(this.drawn()) } : null;
  }
}
