/** The annotation of a scene: the classes of all cascades over it, one after another, as one picture. */
import { get } from '../lib/api';
import { Resource } from '../lib/resource.svelte';
import type { SceneAnnotation, SceneClass } from './told';
import { canvasOf, coloursOf } from './sheet';

const OPACITY = 0.62;

export class Painted {
  readonly told = new Resource<SceneAnnotation>();
  /** Codes of classes that are not shown. */
  private hidden = $state.raw<readonly number[]>([]);

  load(scene: string, task: string): Promise<void> {
    return this.told.load((signal) =>
      get<SceneAnnotation>(`/scenes/${encodeURIComponent(scene)}/cascades`, { task }, { signal }),
    );
  }

  get classes(): readonly SceneClass[] {
    return this.told.value?.classes ?? [];
  }

  shows(code: number): boolean {
    return !this.hidden.includes(code);
  }

  turn(code: number): void {
    this.hidden = this.shows(code) ? [...this.hidden, code] : this.hidden.filter((one) => one !== code);
  }

  /** One pixel for each chip of the finest level; `side` is its side in pixels of the scene. */
  picture(width: number, height: number): { canvas: HTMLCanvasElement; side: number } | null {
    const shown = this.classes.filter((one) => this.shows(one.code));
    if (!this.classes.length || width < 2) return null;
    const side = Math.min(...this.classes.map((one) => one.chip_size));
    const [cols, rows] = [Math.ceil(width / side), Math.ceil(height / side)];
    return { canvas: canvasOf(coloursOf(cols * rows, placesOf(shown, side, cols, rows), OPACITY), cols, rows), side };
  }
}

/** Places of the grid of the finest chips that the classes' chips cover; where two say something, the last one shows. */
export function* placesOf(
  classes: readonly Pick<SceneClass, 'x' | 'y' | 'chip_size' | 'color'>[],
  side: number,
  cols: number,
  rows: number,
): Generator<readonly [number, string]> {
  for (const { x, y, chip_size, color } of classes) {
    const many = Math.max(1, Math.round(chip_size / side));
    for (let i = 0; i < x.length; i++) {
      const [left, top] = [Math.floor(x[i]! / side), Math.floor(y[i]! / side)];
      for (let row = top; row < Math.min(rows, top + many); row++)
        for (let col = left; col < Math.min(cols, left + many); col++) yield [row * cols + col, color];
    }
  }
}
