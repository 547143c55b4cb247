/** COCO's uncompressed run lengths: down the columns, left to right, pixels outside first (core/rle.py). */
import type { Box, LabelObject } from '../contract';

export type Rle = LabelObject['rle'];
/** Some pixels of a chip: `there` is 1 where one of the box belongs to them. */
export type Area = Box & { there: Uint8Array };

/** The runs of an area of a chip of so many rows and columns. */
export function encodeRle(area: Area, rows: number, cols: number): Rle {
  const counts: number[] = [];
  let end = 0; // of the last run, as a place down the columns
  let inside = false;
  const turn = (at: number): void => {
    counts.push(at - end);
    end = at;
    inside = !inside;
  };
  for (let col = 0; col < area.width; col++) {
    const start = (area.x + col) * rows + area.y;
    // between the boxes of two columns lie pixels outside, unless the box is as high as the chip
    if (inside && area.height < rows) turn(start - rows + area.height);
    for (let row = 0; row < area.height; row++) {
      if ((area.there[row * area.width + col] === 1) !== inside) turn(start + row);
    }
  }
  const last = (area.x + area.width - 1) * rows + area.y + area.height;
  if (inside && last < rows * cols) turn(last);
  if (rows * cols > 0) counts.push(rows * cols - end);
  return { size: [rows, cols], counts };
}

/** The pixels of runs, in the smallest box around them; null where there are none. */
export function decodeRle({ size: [rows, cols], counts }: Rle): Area | null {
  const runs = insides(counts);
  let [top, bottom] = [rows, -1];
  for (const [from, to] of runs) {
    const whole = Math.floor(from / rows) < Math.floor((to - 1) / rows);
    top = Math.min(top, whole ? 0 : from % rows);
    bottom = Math.max(bottom, whole ? rows - 1 : (to - 1) % rows);
  }
  if (!runs.length || cols === 0) return null;
  const left = Math.floor(runs[0]![0] / rows);
  const right = Math.floor((runs.at(-1)![1] - 1) / rows);
  const [width, height] = [right - left + 1, bottom - top + 1];
  const there = new Uint8Array(width * height);
  for (const [from, to] of runs) {
    for (let at = from; at < to; at++) there[((at % rows) - top) * width + Math.floor(at / rows) - left] = 1;
  }
  return { x: left, y: top, width, height, there };
}

/** Where each run inside begins and ends, as places down the columns. */
function insides(counts: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  let at = 0;
  counts.forEach((count, i) => {
    if (i % 2 === 1 && count > 0) out.push([at, at + count]);
    at += count;
  });
  return out;
}

/** Whether a pixel is inside; a search in sums of the runs, which `runningEnds` makes once. */
export function holds(ends: Int32Array, rows: number, row: number, col: number): boolean {
  const at = col * rows + row;
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1 && low < ends.length;
}

export function runningEnds(counts: readonly number[]): Int32Array {
  let sum = 0;
  return Int32Array.from(counts, (count) => (sum += count));
}
