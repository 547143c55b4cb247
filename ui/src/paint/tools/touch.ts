/** Tools of one press: flood by similarity, fill of a closed area, pick of a class. */
import type { Point } from '../contract';
import { BaseTool } from './bench';
import type { Cells } from './cells';
import { areaOf, similar } from './flood';

abstract class Touch extends BaseTool {
  private pressed: Point | null = null;

  down(at: Point): boolean {
    if (!this.on(at)) return false;
    this.pressed = at;
    this.show();
    return true;
  }

  move(): void {
    /* the press decides */
  }

  up(): void {
    if (!this.pressed) return;
    const cells = this.found(this.pressed);
    this.pressed = null;
    this.finish(cells);
  }

  override cancel(): void {
    this.pressed = null;
    super.cancel();
  }

  override leave(): void {
    if (!this.pressed) super.leave();
  }

  /** While it is pressed, Alt and the wheel show more or less. */
  override wheel(at: Point, steps: number, how: { shift: boolean; ctrl: boolean; alt: boolean }): boolean {
    const used = super.wheel(at, steps, how);
    if (used) this.show();
    return used;
  }

  protected abstract found(at: Point): Cells;

  private show(): void {
    this.preview = this.pressed && { patch: this.seen(this.found(this.pressed)) };
  }
}

export class Flood extends Touch {
  readonly name = 'flood';

  protected found(at: Point): Cells {
    const { rows, cols, tolerance } = this.bench;
    return similar(rows, cols, Math.floor(at.x), Math.floor(at.y), this.bench.values(), tolerance);
  }
}

export class Fill extends Touch {
  readonly name = 'fill';

  protected found(at: Point): Cells {
    const { rows, cols } = this.bench;
    const shown = this.bench.shown();
    if (!shown) return this.cells();
    return areaOf(rows, cols, Math.floor(at.x), Math.floor(at.y), shown.data.subarray(0, rows * cols));
  }
}

export class Pick extends BaseTool {
  readonly name = 'pick';
  override readonly cursor: string = 'cell';

  down(at: Point): boolean {
    const shown = this.bench.shown();
    if (!shown || !this.on(at)) return false;
    this.bench.pick(shown.at(Math.floor(at.y), Math.floor(at.x)).code);
    return true;
  }

  move(): void {
    /* one press says all */
  }

  up(): void {
    /* one press says all */
  }
}
