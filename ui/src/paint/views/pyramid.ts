/** A whole scene by windows: which tiles of which level are seen, and where they and its chips lie. Pure. */
import type { Size, View } from '../../canvas';
import type { Box } from '../contract';

/** Pixels of a tile, at its level. */
export const TILE = 512;

export interface SceneTile {
  key: string;
  /** Pixels of the scene for one of the tile: a power of two. */
  step: number;
  /** In pixels of the scene. */
  window: Box;
  /** Columns and rows of the tile. */
  size: Size;
}

/** The level whose pixels are at least about as fine as the screen's: 1, 2, 4 ... */
export function stepFor(scale: number): number {
  return 2 ** Math.max(0, Math.floor(0.3 - Math.log2(scale)));
}

/** Tiles of a level over what is seen, from the middle outwards. */
export function tilesSeen(view: View, canvas: Size, scene: Size, step: number): SceneTile[] {
  const side = TILE * step;
  const seen = boxSeen(view, canvas, scene);
  if (!seen) return [];
  const out: SceneTile[] = [];
  for (let row = Math.floor(seen.y / side); row * side < seen.y + seen.height; row++)
    for (let col = Math.floor(seen.x / side); col * side < seen.x + seen.width; col++)
      out.push(tileAt(row, col, scene, step));
  const away = ({ window: w }: SceneTile) => Math.hypot(w.x + side / 2 - view.x, w.y + side / 2 - view.y);
  return out.sort((a, b) => away(a) - away(b));
}

export function tileAt(row: number, col: number, scene: Size, step: number): SceneTile {
  const side = TILE * step;
  const [x, y] = [col * side, row * side];
  // whole pixels of the tile: what is beyond the scene's edge has no data
  const size = { width: pixels(scene.width - x, step), height: pixels(scene.height - y, step) };
  const window = { x, y, width: size.width * step, height: size.height * step };
  return { key: `${step} ${row} ${col}`, step, window, size };
}

function pixels(left: number, step: number): number {
  return Math.max(1, Math.min(TILE, Math.ceil(left / step)));
}

/** What is seen of a scene, in its pixels; null where nothing is. */
export function boxSeen(view: View, canvas: Size, scene: Size): Box | null {
  const [w, h] = [canvas.width / view.zoom / 2, canvas.height / view.zoom / 2];
  const x = Math.max(0, Math.floor(view.x - w));
  const y = Math.max(0, Math.floor(view.y - h));
  const right = Math.min(scene.width, Math.ceil(view.x + w));
  const bottom = Math.min(scene.height, Math.ceil(view.y + h));
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null;
}

/** Where a tile's own pixels are looked at, given where the scene is. */
export function inTile(view: View, { window, step }: SceneTile): View {
  return { x: (view.x - window.x) / step, y: (view.y - window.y) / step, zoom: view.zoom * step, fit: false };
}

/** Rows and columns of the chip grid that a box touches. */
export function cellsOver(box: Box, stride: number, chip: number): { rows: [number, number]; cols: [number, number] } {
  const span = (from: number, length: number): [number, number] => [
    Math.max(0, Math.floor((from - chip) / stride) + 1),
    Math.max(0, Math.floor((from + length - 1) / stride)),
  ];
  return { rows: span(box.y, box.height), cols: span(box.x, box.width) };
}

/** Where a chip of the finest level lies; at the far edges a grid may move chips back onto the scene. */
export function boxOfChip(
  chip: { grid_row: number; grid_col: number; width: number; height: number },
  stride: number,
  scene: Size,
): Box {
  const back = (at: number, length: number, whole: number) => Math.max(0, Math.min(at * stride, whole - length));
  return {
    x: back(chip.grid_col, chip.width, scene.width),
    y: back(chip.grid_row, chip.height, scene.height),
    width: chip.width,
    height: chip.height,
  };
}
