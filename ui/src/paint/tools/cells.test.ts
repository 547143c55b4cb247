import { describe, expect, it } from 'vitest';
import type { Point } from '../contract';
import { Cells } from './cells';

const ROWS = 24;
const COLS = 31;

/** A small generator, so that every run draws the same shapes. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function drawn(how: (cells: Cells) => void): Set<string> {
  const cells = new Cells(ROWS, COLS);
  how(cells);
  const out = new Set<string>();
  for (let row = 0; row < ROWS; row++)
    for (let col = 0; col < COLS; col++) if (cells.has(col, row)) out.add(`${col},${row}`);
  return out;
}

function distance({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(x - a.x - t * dx, y - a.y - t * dy);
}

function inside({ x, y }: Point, outline: readonly Point[]): boolean {
  let odd = false;
  outline.forEach((a, at) => {
    const b = outline[(at + 1) % outline.length]!;
    if (a.y <= y !== b.y <= y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) odd = !odd;
  });
  return odd;
}

describe('strokes', () => {
  it('cover every pixel whose middle is within half of the width, and no pixel far from the way', () => {
    const next = dice(1);
    const place = (): Point => ({ x: next() * (COLS + 10) - 5, y: next() * (ROWS + 10) - 5 });
    for (let round = 0; round < 60; round++) {
      const [a, b, width] = [place(), place(), 1 + Math.floor(next() * 14)];
      const found = drawn((cells) => cells.stroke(a, b, width));
      for (let row = 0; row < ROWS; row++)
        for (let col = 0; col < COLS; col++) {
          const away = distance({ x: col + 0.5, y: row + 0.5 }, a, b);
          const there = found.has(`${col},${row}`);
          if (width > 1 && away < width / 2 - 1e-9) expect(there, `${col},${row} of ${width}`).toBe(true);
          if (away > Math.max(width / 2, 1.42) + 1e-9) expect(there, `${col},${row} of ${width}`).toBe(false);
        }
    }
  });

  it('of one pixel are a way without gaps', () => {
    const found = drawn((cells) => cells.stroke({ x: 2.2, y: 3.9 }, { x: 25.7, y: 17.1 }, 1));
    expect(found.size).toBe(24);
    for (let col = 2; col < 25; col++) {
      const row = Number([...found].find((one) => one.startsWith(`${col},`))!.split(',')[1]);
      const next = Number([...found].find((one) => one.startsWith(`${col + 1},`))!.split(',')[1]);
      expect(Math.abs(next - row)).toBeLessThanOrEqual(1);
    }
  });

  it('of one press are a disc', () => {
    const found = drawn((cells) => cells.stroke({ x: 10.5, y: 10.5 }, { x: 10.5, y: 10.5 }, 5));
    expect(found.size).toBe(21);
    expect(found.has('8,8')).toBe(false);
    expect(found.has('8,9')).toBe(true);
  });

  it('level and upright ones are as wide as said', () => {
    expect(drawn((cells) => cells.stroke({ x: 5.5, y: 6 }, { x: 12.5, y: 6 }, 4)).size).toBe(10 * 4);
    const upright = drawn((cells) => cells.stroke({ x: 6, y: 5.5 }, { x: 6, y: 12.5 }, 4));
    expect(upright.size).toBe(10 * 4);
  });
});

describe('polygons', () => {
  it('cover the pixels whose middle is inside', () => {
    const next = dice(7);
    for (let round = 0; round < 60; round++) {
      const outline = Array.from({ length: 3 + Math.floor(next() * 7) }, () => {
        return { x: next() * (COLS + 8) - 4, y: next() * (ROWS + 8) - 4 };
      });
      const found = drawn((cells) => cells.polygon(outline));
      for (let row = 0; row < ROWS; row++)
        for (let col = 0; col < COLS; col++)
          expect(found.has(`${col},${row}`), `${col},${row}`).toBe(inside({ x: col + 0.5, y: row + 0.5 }, outline));
    }
  });

  it('side by side share no pixel and leave none out', () => {
    const split = 11.3;
    const left = drawn((cells) =>
      cells.polygon([
        { x: 2, y: 2 },
        { x: split, y: 2 },
        { x: split, y: 9 },
        { x: 2, y: 9 },
      ]),
    );
    const right = drawn((cells) =>
      cells.polygon([
        { x: split, y: 2 },
        { x: 20, y: 2 },
        { x: 20, y: 9 },
        { x: split, y: 9 },
      ]),
    );
    expect([...left].some((one) => right.has(one))).toBe(false);
    expect(left.size + right.size).toBe(18 * 7);
  });

  it('need three corners', () => {
    expect(
      drawn((cells) =>
        cells.polygon([
          { x: 1, y: 1 },
          { x: 9, y: 9 },
        ]),
      ).size,
    ).toBe(0);
  });
});

describe('patches', () => {
  it('are no larger than what was drawn, and cut at the edge', () => {
    const cells = new Cells(ROWS, COLS);
    cells.rectangle({ x: -3, y: 20.5 }, { x: 2.9, y: 40 });
    const patch = cells.patch({ code: 3 })!;
    expect([patch.x, patch.y, patch.width, patch.height]).toEqual([0, 20, 3, 4]);
    expect([...patch.there].every((one) => one === 1)).toBe(true);
    expect(new Set(patch.classes)).toEqual(new Set([3]));
    expect(new Set(patch.origin)).toEqual(new Set([1]));
    expect(new Set(patch.confidence)).toEqual(new Set([255]));
  });

  it('of the eraser say nothing any more', () => {
    const cells = new Cells(ROWS, COLS);
    cells.span(4, 4, 5);
    const patch = cells.patch('nothing')!;
    expect([...patch.classes, ...patch.origin]).toEqual([255, 255, 0, 0]);
  });

  it('are none where nothing was drawn', () => {
    const cells = new Cells(ROWS, COLS);
    cells.stroke({ x: -90, y: -90 }, { x: -80, y: -90 }, 3);
    expect(cells.patch({ code: 1 })).toBeNull();
  });
});
