import { describe, expect, it } from 'vitest';
import { ORIGIN, type Patch, type Planes } from './contract';
import { bytesOf, changes, countsOf, emptyPlanes, lay, merged, under } from './planes';

let state = 3;
const next = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

function random(rows: number, cols: number): Planes {
  const planes = emptyPlanes(rows, cols);
  for (let at = 0; at < rows * cols; at++) {
    planes.origin[at] = next(7);
    if (planes.origin[at] === 0) continue;
    planes.classes[at] = next(5);
    planes.confidence[at] = next(101);
  }
  return planes;
}

function randomPatch(rows: number, cols: number): Patch {
  const [x, y] = [next(cols), next(rows)];
  const [width, height] = [1 + next(cols - x), 1 + next(rows - y)];
  const { classes, origin, confidence } = random(height, width);
  const there = Uint8Array.from({ length: width * height }, () => next(2));
  return { x, y, width, height, there, classes, origin, confidence };
}

const copy = (planes: Planes): Planes => ({
  ...planes,
  classes: planes.classes.slice(),
  origin: planes.origin.slice(),
  confidence: planes.confidence.slice(),
});

describe('planes', () => {
  it('any strokes taken back in turn leave what was there, bit by bit', () => {
    for (let round = 0; round < 30; round++) {
      const planes = random(11, 9);
      const before = copy(planes);
      const inverses: Patch[] = [];
      for (let stroke = 0; stroke < 12; stroke++) {
        const patch = randomPatch(11, 9);
        inverses.push(under(planes, patch));
        lay(planes, patch);
        expect(changes(planes, patch)).toBe(false);
      }
      for (const inverse of inverses.reverse()) lay(planes, inverse);
      expect(planes).toEqual(before);
    }
  });

  it('merge by precedence: human, consensus, import, product, region, model; own among equals', () => {
    const order = [1, 5, 4, 6, 3, 2, 0];
    const own = emptyPlanes(1, 1);
    const others = emptyPlanes(1, 1);
    for (const mine of order)
      for (const theirs of order) {
        own.origin[0] = mine;
        own.classes[0] = mine === 0 ? 255 : 7;
        others.origin[0] = theirs;
        others.classes[0] = theirs === 0 ? 255 : 8;
        const wins = mine !== 0 && order.indexOf(mine) <= order.indexOf(theirs);
        expect(merged(own, others).at(0, 0).code, `${mine} over ${theirs}`).toBe(wins ? 7 : theirs === 0 ? 255 : 8);
      }
  });

  it('merged within a patch is what merging all of it gives', () => {
    const [own, others] = [random(8, 13), random(8, 13)];
    let shown = merged(own, others);
    for (let round = 0; round < 20; round++) {
      const patch = randomPatch(8, 13);
      lay(own, patch);
      shown = merged(own, others, shown, patch);
    }
    expect(shown.data).toEqual(merged(own, others).data);
  });

  it('travel as four planes', () => {
    const patch = randomPatch(5, 5);
    const bytes = bytesOf(patch);
    const size = patch.width * patch.height;
    expect(bytes.length).toBe(4 * size);
    expect(bytes.slice(2 * size, 3 * size)).toEqual(patch.origin);
  });

  it('counts pixels of a class, and those of people: painted, or a segment that they named', () => {
    const planes = emptyPlanes(2, 3);
    planes.classes.set([1, 1, 1, 1, 2, 2]);
    planes.origin.set([ORIGIN.human, ORIGIN.region, ORIGIN.region, ORIGIN.model, ORIGIN.product, ORIGIN.none]);
    planes.confidence.set([255, 255, 80, 90, 255, 255]);
    expect(countsOf(merged(planes, emptyPlanes(2, 3)))).toEqual({
      classes: new Map([[1, { pixels: 4, human: 2 }]]),
      hidden: 1,
    });
  });

  it('a segment that a person named comes before one whose class is a model\u2019s, whoever says it', () => {
    const [own, others] = [emptyPlanes(1, 2), emptyPlanes(1, 2)];
    for (const planes of [own, others]) planes.origin.fill(ORIGIN.region);
    own.classes.set([1, 1]);
    others.classes.set([2, 2]);
    own.confidence.set([80, 255]);
    others.confidence.set([255, 80]);
    expect([...merged(own, others).data.slice(0, 2)]).toEqual([2, 1]);
  });
});
