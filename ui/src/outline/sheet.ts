/**
 * What is drawn over a picture, in small canvases side by side: where one place changes, the browser takes over and puts
 * together anew only the canvases that it lies in.
 */
import type { Size } from '../canvas';

/** Pixels of a tile's side. */
const TILE = 256;

export type Place = readonly [x: number, y: number, width: number, height: number];

export class Tiles {
  private readonly tiles: { canvas: HTMLCanvasElement; x: number; y: number }[] = [];
  private size: Size = { width: 0, height: 0 };

  constructor(readonly host: HTMLElement) {}

  /** Shows a place of what was drawn (pixels of the canvas), or all of it. `ratio`: pixels a CSS pixel. */
  show(drawn: HTMLCanvasElement, ratio: number, place: Place | null): void {
    if (drawn.width !== this.size.width || drawn.height !== this.size.height) this.lay(drawn, ratio);
    const [left, top, width, height] = place ?? [0, 0, drawn.width, drawn.height];
    for (const { canvas, x, y } of this.tiles) {
      const [from, to] = [Math.max(left, x), Math.min(left + width, x + canvas.width)];
      const [above, below] = [Math.max(top, y), Math.min(top + height, y + canvas.height)];
      if (to <= from || below <= above) continue;
      const context = canvas.getContext('2d', { willReadFrequently: true })!; // as the sheet: nothing goes between memories
      const [w, h] = [to - from, below - above];
      context.clearRect(from - x, above - y, w, h);
      context.drawImage(drawn, from, above, w, h, from - x, above - y, w, h);
    }
  }

  private lay({ width, height }: HTMLCanvasElement, ratio: number): void {
    this.size = { width, height };
    this.tiles.length = 0;
    for (let y = 0; y < height; y += TILE)
      for (let x = 0; x < width; x += TILE) {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [Math.min(TILE, width - x), Math.min(TILE, height - y)];
        const css = { left: x, top: y, width: canvas.width, height: canvas.height };
        for (const [name, value] of Object.entries(css)) canvas.style.setProperty(name, `${value / ratio}px`);
        this.tiles.push({ canvas, x, y });
      }
    this.host.replaceChildren(...this.tiles.map((one) => one.canvas));
  }
}
