/** Cells over the scene's picture: one pixel a cell, enlarged by the browser, so that ten thousand cost one drawing. */
import type { Cells, Decision } from './cells';

/** Bytes of a colour: red, green, blue, and how strong it is, 0-255. */
export type Rgba = readonly [number, number, number, number];

/** What nobody goes on with stands back; what a former level left out still more. */
const REJECTED: Rgba = [6, 8, 11, 158];
const LEFT_OUT: Rgba = [6, 8, 11, 190];
/** Strength of the class's colour at score 0 and 1. */
const FAINT = 16;
const FULL = 92;

export function rgbOf(color: string): readonly [number, number, number] {
  const value = parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** RGBA of every place of the grid, row by row. `tint`: whether scores show. */
export function sheetOf(
  cells: Cells,
  decisions: readonly Decision[],
  color: string,
  tint: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * cells.rows * cells.cols);
  const [r, g, b] = rgbOf(color);
  for (let i = 0; i < out.length; i += 4) out.set(LEFT_OUT, i);
  const { row, col } = cells.told;
  for (let i = 0; i < cells.length; i++) {
    const at = 4 * (row[i]! * cells.cols + col[i]!);
    if (decisions[i] === 'rejected') out.set(REJECTED, at);
    else out.set([r, g, b, tint ? strength(cells.score[i]!) : 0], at);
  }
  return out;
}

function strength(score: number): number {
  return Number.isNaN(score) ? 0 : FAINT + (FULL - FAINT) * Math.min(1, Math.max(0, score));
}

/** Classes of the whole scene: one colour a place; nothing where nothing was found. */
export function coloursOf(size: number, places: Iterable<readonly [place: number, color: string]>, opacity: number) {
  const out = new Uint8ClampedArray(4 * size);
  for (const [place, color] of places) out.set([...rgbOf(color), Math.round(255 * opacity)], 4 * place);
  return out;
}

/** A picture of so many columns and rows, one pixel each. */
export function canvasOf(pixels: Uint8ClampedArray<ArrayBuffer>, cols: number, rows: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [cols, rows];
  canvas.getContext('2d', { willReadFrequently: true })!.putImageData(new ImageData(pixels, cols, rows), 0, 0);
  return canvas;
}
