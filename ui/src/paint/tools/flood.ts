/** Areas that hang together: by similar values, or by one label. */
import { type MaskPixels, UNLABELLED } from '../../canvas/pixels';
import { ORIGIN } from '../contract';
import { Cells, cellsWhere } from './cells';

/** Pixels from (col, row) on that touch by their sides and that `takes` says yes to. */
export function flood(rows: number, cols: number, col: number, row: number, takes: (at: number) => boolean): Cells {
  const cells = new Cells(rows, cols);
  if (col < 0 || row < 0 || col >= cols || row >= rows || !takes(row * cols + col)) return cells;
  const open: [number, number][] = [[col, row]];
  const free = (x: number, y: number): boolean => !cells.has(x, y) && takes(y * cols + x);
  for (let next = open.pop(); next; next = open.pop()) {
    const [x, y] = next;
    if (cells.has(x, y)) continue;
    let [from, to] = [x, x];
    while (from > 0 && free(from - 1, y)) from--;
    while (to < cols - 1 && free(to + 1, y)) to++;
    cells.span(y, from, to);
    for (const beside of [y - 1, y + 1]) {
      if (beside < 0 || beside >= rows) continue;
      for (let at = from; at <= to; at++) {
        if (free(at, beside) && (at === from || !free(at - 1, beside))) open.push([at, beside]);
      }
    }
  }
  return cells;
}

/** Values of one band or expression over the chip (NaN: none), and the range that counts as its whole width. */
export interface Values {
  data: Float32Array;
  low: number;
  high: number;
}

/**
 * Pixels whose values are all within `tolerance` (0 to 1, a share of each band's range) of those of the pixel that was
 * pressed. A pixel without a value is like none.
 */
export function similar(
  rows: number,
  cols: number,
  col: number,
  row: number,
  bands: Values[],
  tolerance: number,
): Cells {
  const seed = row * cols + col;
  const reach = bands.map(({ low, high }) => tolerance * Math.max(high - low, 1e-12));
  return flood(rows, cols, col, row, (at) =>
    bands.every(({ data }, band) => Math.abs(data[at]! - data[seed]!) <= reach[band]!),
  );
}

/** The closed area of one class that a pixel is in. */
export function areaOf(rows: number, cols: number, col: number, row: number, classes: Uint8Array): Cells {
  const code = classes[row * cols + col];
  return flood(rows, cols, col, row, (at) => classes[at] === code);
}

/** Pixels that nobody has said anything of: without a class, and not unlabelled on purpose. */
export function untold({ rows, cols, data }: MaskPixels): Cells {
  const open = (at: number): boolean => data[at] === UNLABELLED && data[rows * cols + at] === ORIGIN.none;
  return cellsWhere(rows, cols, open);
}
