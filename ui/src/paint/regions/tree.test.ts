import { describe, expect, it } from 'vitest';
import type { Npy } from '../../canvas';
import { ORIGIN, type Point } from '../contract';
import { outlineOf } from './outline';
import { type Area, decodeRle, encodeRle, holds, runningEnds } from './rle';
import {
  areaOf,
  besideOf,
  chanceOf,
  chancesIn,
  leafAt,
  objectOf,
  outline,
  patchOf,
  regionTree,
  type Segment,
  segmentsAt,
  shortlist,
  startOf,
  type Told,
  withExtras,
} from './tree';

/** A small generator, so that every run draws the same. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const NOTHING = 65535;
/** A lake (1) with a pond's island (2) in land (0); the last column has no data. */
const PICTURE = [
  [0, 0, 0, 0, 0, NOTHING],
  [0, 1, 1, 1, 0, NOTHING],
  [0, 1, 2, 1, 3, NOTHING],
  [0, 1, 1, 1, 3, NOTHING],
];
/** 4 = 1 + 2, 5 = 0 + 3, 6 = all. */
const TOLD: Told = {
  rows: 4,
  cols: 6,
  leaves: 4,
  parent: [5, 4, 4, 5, 6, 6, 6],
  size: [9, 8, 1, 2, 9, 11, 20],
  height: [0, 0, 0, 0, 1, 1, 9],
  contrast: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25],
  bbox: [
    [0, 0, 5, 4],
    [1, 1, 3, 3],
    [2, 2, 1, 1],
    [4, 2, 1, 2],
    [1, 1, 3, 3],
    [0, 0, 5, 4],
    [0, 0, 5, 4],
  ],
  classes: [0, 7],
  probability: [
    [90, 10],
    [5, 95],
    [60, 40],
    [80, 20],
    [11, 89],
    [88, 12],
    [53, 47],
  ],
  score: [0.5, 0.9, null, null, 0.95, 1, 0.2],
  start: [4, 5],
  extras: [],
};

function leavesOf(rows: number[][]): Npy {
  return { dtype: 'u2', shape: [rows.length, rows[0]!.length], data: Uint16Array.from(rows.flat()) };
}

const TREE = regionTree(TOLD, leavesOf(PICTURE));
const nodes = (found: Segment[]): (number | string)[] => found.map((one) => one.node ?? one.key);

function pixels(area: Area): string[] {
  const out: string[] = [];
  area.there.forEach((there, i) => {
    if (there) out.push(`${area.x + (i % area.width)},${area.y + Math.floor(i / area.width)}`);
  });
  return out;
}

describe('segments under a pixel', () => {
  it('come best first, those of the leaf’s class before others, and of two alike the better one', () => {
    // 4 (9 pixels) and 1 (8) are not alike enough: 8 < 0.9 * 9
    expect(nodes(segmentsAt(TREE, 1, 1))).toEqual([4, 1, 6]);
    expect(nodes(segmentsAt(TREE, 0, 0))).toEqual([5, 0, 6]);
  });

  it('end with the leaf where it is no candidate, so that there is a finest', () => {
    // the island's own class is 0, so the whole (class 0 too) goes before the lake
    expect(nodes(segmentsAt(TREE, 2, 2))).toEqual([6, 4, 2]);
    expect(nodes(segmentsAt(TREE, 3, 4))).toEqual([5, 6, 3]);
  });

  it('are none without data and outside of the chip', () => {
    for (const [row, col] of [
      [0, 5],
      [-1, 0],
      [0, -1],
      [4, 0],
      [0, 6],
    ] as const) {
      expect(segmentsAt(TREE, row, col)).toEqual([]);
      expect(leafAt(TREE, row, col)).toBeNull();
    }
  });

  it('have no class while no model can say, and stand by their score alone', () => {
    const bare = regionTree({ ...TOLD, probability: null }, leavesOf(PICTURE));
    const found = segmentsAt(bare, 1, 1);
    expect(nodes(found)).toEqual([4, 1, 6]);
    expect(found.map(({ code, sure }) => [code, sure])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
    expect(shortlist(bare, found[0]!, [3, 0, 7])).toEqual([3, 0, 7]);
  });

  it('are the masks of models too, where these are not alike a node', () => {
    const corner = { x: 0, y: 0, width: 2, height: 2, there: Uint8Array.of(1, 1, 1, 1) };
    const lake = areaOf(TREE, segmentsAt(TREE, 1, 1)[0]!);
    const extra = (area: Area, size: number, code: number | null) => ({
      class: code,
      sure: 0.8,
      score: 0.92,
      size,
      bbox: [area.x, area.y, area.width, area.height],
      source: 'prompt',
      rle: encodeRle(area, 4, 6),
    });
    const tree = withExtras(TREE, [extra(corner, 4, 7), extra(lake, 9, 7)]);
    const found = segmentsAt(tree, 1, 1);
    expect(nodes(found)).toEqual([4, 'x0', 1, 6]); // x1 is the lake again
    expect(pixels(areaOf(tree, found[1]!))).toEqual(pixels(corner));
    expect(found[1]).toMatchObject({ code: 7, sure: 0.8, source: 'prompt' });
    expect(chanceOf(tree, found[1]!, 7)).toBe(0.8);
    expect(chanceOf(tree, found[1]!, 0)).toBeNull();
    expect(shortlist(tree, found[1]!, [0, 3, 7])).toEqual([7, 0, 3]);
    expect(nodes(segmentsAt(tree, 0, 5))).toEqual([]);
  });
});

describe('pixels that were taken', () => {
  it('are of each class as the leaves below them are', () => {
    const lake = areaOf(TREE, segmentsAt(TREE, 1, 1)[0]!); // 8 pixels of leaf 1, and the island
    const chances = chancesIn(TREE, lake)!;
    expect(chances.get(7)).toBeCloseTo((8 * 0.95 + 0.4) / 9);
    expect(chances.get(0)).toBeCloseTo((8 * 0.05 + 0.6) / 9);
    expect(chancesIn(regionTree({ ...TOLD, probability: null }, leavesOf(PICTURE)), lake)).toBeNull();
  });
});

describe('an answer to a prompt', () => {
  it('lies beside the tree without a class and comes where its score puts it', () => {
    const area = { x: 1, y: 1, width: 2, height: 3, there: Uint8Array.of(1, 1, 1, 0, 1, 1) };
    const rle = encodeRle(area, 4, 6);
    const answer = { masks: [{ score: 0.97, rle, bbox: [1, 1, 2, 3] as [number, number, number, number] }] };
    const tree = withExtras(TREE, besideOf(answer, 'sam'));
    const found = segmentsAt(tree, 1, 1);
    expect(nodes(found)).toEqual(['x0', 4, 1, 6]);
    expect(found[0]).toMatchObject({ size: 5, code: null, sure: null, source: 'sam' });
    expect(nodes(segmentsAt(tree, 2, 2))).toEqual([6, 4, 2]);
    expect(shortlist(tree, found[0]!, [3, 0])).toEqual([3, 0]);
  });
});

describe('a segment', () => {
  it('is its leaves’ pixels in its box', () => {
    expect(pixels(areaOf(TREE, segmentsAt(TREE, 1, 1)[0]!)).length).toBe(9);
    const land = areaOf(TREE, segmentsAt(TREE, 0, 0)[0]!);
    expect(pixels(land).length).toBe(11);
    expect(pixels(land)).not.toContain('2,2');
  });

  it('becomes a patch of origin region with the confidence of its class', () => {
    const one = segmentsAt(TREE, 1, 1)[0]!;
    const patch = patchOf(areaOf(TREE, one), 7, chanceOf(TREE, one, 7));
    expect(patch).toMatchObject({ x: 1, y: 1, width: 3, height: 3 });
    expect([...new Set(patch.origin)]).toEqual([ORIGIN.region]);
    expect([...new Set(patch.confidence)]).toEqual([89]);
    expect([...new Set(patchOf(areaOf(TREE, one), 7).confidence)]).toEqual([255]);
  });

  it('ranks the scheme’s classes by the model, the unspoken ones last and in order', () => {
    const one = segmentsAt(TREE, 1, 1)[0]!;
    expect(shortlist(TREE, one, [0, 3, 7, 9])).toEqual([7, 0, 3, 9]);
    expect(chanceOf(TREE, one, 3)).toBe(0);
  });

  it('becomes an object whose runs are its pixels', () => {
    const one = startOf(TREE)[0]!;
    const object = objectOf(TREE, areaOf(TREE, one), { id: 'a', code: 7, score: 0.89, depth: 2 });
    expect(object).toMatchObject({ id: 'a', class: 7, score: 0.89, depth: 2, bbox: [1, 1, 3, 3] });
    expect(object.rle).toEqual({ size: [4, 6], counts: [5, 3, 1, 3, 1, 3, 8] });
  });

  it('refuses leaves of another chip', () => {
    expect(() => regionTree(TOLD, leavesOf([[0, 1]]))).toThrow(/do not fit/);
    expect(() => regionTree(TOLD, { ...leavesOf(PICTURE), dtype: 'f4' })).toThrow(/do not fit/);
  });
});

function random(seed: number): Area & { rows: number; cols: number } {
  const roll = dice(seed);
  const [rows, cols] = [1 + Math.floor(roll() * 9), 1 + Math.floor(roll() * 9)];
  const y = Math.floor(roll() * rows);
  const x = Math.floor(roll() * cols);
  const height = 1 + Math.floor(roll() * (rows - y));
  const width = 1 + Math.floor(roll() * (cols - x));
  const share = roll();
  return {
    rows,
    cols,
    x,
    y,
    width,
    height,
    there: Uint8Array.from({ length: width * height }, () => +(roll() < share)),
  };
}

/** Twice the area that a ring goes around; clockwise on the screen is positive. */
function twice(ring: Point[]): number {
  return ring.reduce((sum, a, i) => {
    const b = ring[(i + 1) % ring.length]!;
    return sum + a.x * b.y - b.x * a.y;
  }, 0);
}

describe('runs', () => {
  it('are those that COCO counts, and come back', () => {
    for (let seed = 0; seed < 400; seed++) {
      const area = random(seed);
      const { rows, cols } = area;
      const inside = new Set(pixels(area));
      const rle = encodeRle(area, rows, cols);
      const counts: number[] = [];
      let [last, run] = [false, 0];
      for (let col = 0; col < cols; col++) {
        for (let row = 0; row < rows; row++) {
          if (inside.has(`${col},${row}`) !== last) {
            counts.push(run);
            [last, run] = [!last, 0];
          }
          run++;
        }
      }
      expect(rle.counts).toEqual([...counts, run]);
      const ends = runningEnds(rle.counts);
      for (let row = 0; row < rows; row++)
        for (let col = 0; col < cols; col++) expect(holds(ends, rows, row, col)).toBe(inside.has(`${col},${row}`));
      const back = decodeRle(rle);
      expect(back ? pixels(back).sort() : []).toEqual([...inside].sort());
      if (back) expect(back.width).toBeLessThanOrEqual(area.width);
    }
  });
});

describe('outlines', () => {
  it('enclose as many pixels as there are, along their sides, corner by corner', () => {
    for (let seed = 0; seed < 400; seed++) {
      const area = random(seed);
      const rings = outlineOf(area);
      expect(rings.reduce((sum, ring) => sum + twice(ring), 0)).toBe(2 * pixels(area).length);
      for (const ring of rings) {
        ring.forEach((a, i) => {
          const b = ring[(i + 1) % ring.length]!;
          const c = ring[(i + 2) % ring.length]!;
          expect((a.x === b.x) !== (a.y === b.y)).toBe(true); // one of the two alone
          expect(a.x === b.x).not.toBe(b.x === c.x); // each point is a corner
        });
      }
    }
  });

  it('go around holes the other way', () => {
    const area = { x: 2, y: 3, width: 3, height: 3, there: Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1) };
    const rings = outlineOf(area);
    expect(rings.map(twice)).toEqual([18, -2]);
    expect(rings[0]).toEqual([
      { x: 5, y: 3 },
      { x: 5, y: 6 },
      { x: 2, y: 6 },
      { x: 2, y: 3 },
    ]);
    expect(outline(TREE, startOf(TREE)[0]!)).toHaveLength(1);
    expect(outline(TREE, startOf(TREE)[1]!)).toHaveLength(1);
  });
});
