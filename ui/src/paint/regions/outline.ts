/** Outlines of areas along the sides of their pixels. */
import type { Point } from '../contract';
import type { Area } from './rle';

/** Right, down, left, up: along each the area lies to the right of the way. */
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/**
 * The rings around an area, in pixels of the chip: outer ones clockwise on the screen, holes the other way round. Only corners
 * are told. Where two pixels touch by a corner alone, each has its own way round.
 */
export function outlineOf(area: Area): Point[][] {
  const { width, height, there } = area;
  const inside = (col: number, row: number): boolean =>
    col >= 0 && row >= 0 && col < width && row < height && there[row * width + col] === 1;
  const seen = new Uint8Array(width * height); // upper sides that a ring has gone along
  const rings: Point[][] = [];
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const at = row * width + col;
      if (there[at] !== 1 || seen[at] || inside(col, row - 1)) continue;
      rings.push(ringFrom(col, row));
    }
  }
  return rings;

  function ringFrom(startCol: number, startRow: number): Point[] {
    const ring: Point[] = [];
    let [x, y, way] = [startCol, startRow, 0];
    do {
      if (way === 0) seen[y * width + x] = 1;
      x += DX[way]!;
      y += DY[way]!;
      const next = turn(x, y, way);
      if (next !== way) ring.push({ x: area.x + x, y: area.y + y });
      way = next;
    } while (x !== startCol || y !== startRow || way !== 0);
    return ring;
  }

  /** Which way on from the corner (x, y): right where the pixel ahead on the right is outside, left where both are in. */
  function turn(x: number, y: number, way: number): number {
    const right =
      way === 0 ? inside(x, y) : way === 1 ? inside(x - 1, y) : way === 2 ? inside(x - 1, y - 1) : inside(x, y - 1);
    if (!right) return (way + 1) % 4;
    const left =
      way === 0 ? inside(x, y - 1) : way === 1 ? inside(x, y) : way === 2 ? inside(x - 1, y) : inside(x - 1, y - 1);
    return left ? (way + 3) % 4 : way;
  }
}
