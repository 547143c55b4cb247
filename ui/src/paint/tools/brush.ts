/** Brush and eraser: round, drawn through between the places where the pointer was heard of. */
import type { Modifiers, Point } from '../contract';
import { BaseTool, ERASING } from './bench';
import type { Cells, Saying } from './cells';

export class Brush extends BaseTool {
  readonly name: string = 'brush';
  protected color = (): string => this.bench.color;
  private stroke: { cells: Cells; last: Point } | null = null;

  down(at: Point): boolean {
    const cells = this.cells();
    cells.stroke(at, at, this.bench.width);
    this.stroke = { cells, last: at };
    this.show(at);
    return true;
  }

  move(at: Point, _how: Modifiers): void {
    if (this.stroke) {
      this.stroke.cells.stroke(this.stroke.last, at, this.bench.width);
      this.stroke.last = at;
    }
    this.show(at);
  }

  up(at: Point, how: Modifiers): void {
    if (!this.stroke) return;
    this.move(at, how);
    const { cells } = this.stroke;
    this.stroke = null;
    this.finish(cells);
    this.show(at);
  }

  override cancel(): void {
    this.stroke = null;
    super.cancel();
  }

  override leave(): void {
    if (!this.stroke) super.leave();
  }

  private show(at: Point): void {
    this.preview = {
      circle: { at, radius: this.bench.width / 2 },
      patch: this.stroke ? this.seen(this.stroke.cells, this.color()) : null,
    };
  }
}

export class Eraser extends Brush {
  override readonly name = 'eraser';
  protected override color = (): string => ERASING;

  protected override get saying(): Saying {
    return 'nothing';
  }
}
