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
  const words = new Uint32Array(cells.rows * cells.cols).fill(wordOf(LEFT_OUT));
  const rejected = wordOf(REJECTED);
  const plain = wordOf([...rgbOf(color), 0]);
  const { row, col } = cells.told;
  for (let i = 0; i < cells.length; i++) {
    const at = row[i]! * cells.cols + col[i]!;
    if (decisions[i] === 'rejected') words[at] = rejected;
    else words[at] = (plain | (tint ? strength(cells.score[i]!) << 24 : 0)) >>> 0;
  }
  return new Uint8ClampedArray(words.buffer);
}

/** A pixel as one number; browsers run on little-endian machines alone. */
function wordOf([r, g, b, a]: Rgba): number {
  return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

function strength(score: number): number {
  return Number.isNaN(score) ? 0 : Math.round(FAINT + (FULL - FAINT) * Math.min(1, Math.max(0, score)));
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
