import { describe, expect, it } from 'vitest';
import { type LabelObject, ORIGIN } from '../contract';
import { emptyPlanes, lay } from '../planes';
import { moved, objectAt, relaid, topDepth, withoutAnswers } from './objects';
import { encodeRle } from './rle';

const [ROWS, COLS] = [6, 8];

function square(id: string, code: number, x: number, y: number, side: number, depth: number): LabelObject {
  const there = new Uint8Array(side * side).fill(1);
  const area = { x, y, width: side, height: side, there };
  return { id, class: code, score: 0.8, depth, bbox: [x, y, side, side], rle: encodeRle(area, ROWS, COLS) };
}

const A = square('a', 1, 0, 0, 4, 0);
const B = square('b', 2, 2, 2, 4, 1);

function under(before: LabelObject[], after: LabelObject[], own = emptyPlanes(ROWS, COLS)) {
  const patch = relaid(own, before, after);
  if (patch) lay(own, patch);
  return own;
}
const at = (row: number, col: number): number => row * COLS + col;

describe('objects', () => {
  it('of two over a pixel the one of greater depth is seen', () => {
    const own = under([], [A, B]);
    expect(own.classes[at(1, 1)]).toBe(1);
    expect(own.classes[at(3, 3)]).toBe(2);
    expect(own.origin[at(3, 3)]).toBe(ORIGIN.region);
    expect(own.confidence[at(3, 3)]).toBe(80);
    expect(objectAt([A, B], 3, 3)?.id).toBe('b');
    expect(topDepth([A, B])).toBe(2);
    const turned = [...moved([A, B], 'a', true)];
    expect(under([A, B], turned, own).classes[at(3, 3)]).toBe(1);
    expect(moved(turned, 'a', true)).toBe(turned);
  });

  it('removed: what is below comes back, else nothing is said', () => {
    const own = under([], [A, B]);
    under([A, B], [A], own);
    expect(own.classes[at(3, 3)]).toBe(1);
    expect([own.classes[at(5, 5)], own.origin[at(5, 5)]]).toEqual([255, ORIGIN.none]);
    under([A], [], own);
    expect(own).toEqual(emptyPlanes(ROWS, COLS));
  });

  it('what a person painted stays, whatever is taken, given another class or removed', () => {
    const own = emptyPlanes(ROWS, COLS);
    own.classes[at(1, 1)] = 7;
    own.origin[at(1, 1)] = ORIGIN.human;
    under([], [A], own);
    under([A], [{ ...A, class: 3 }], own);
    expect([own.classes[at(1, 1)], own.classes[at(0, 0)]]).toEqual([7, 3]);
    under([{ ...A, class: 3 }], [], own);
    expect([own.classes[at(1, 1)], own.origin[at(0, 0)]]).toEqual([7, ORIGIN.none]);
  });

  it('a segment that was named in answer to a question stays: it is no object', () => {
    const own = emptyPlanes(ROWS, COLS);
    own.classes[at(1, 1)] = 7;
    own.origin[at(1, 1)] = ORIGIN.region;
    under([], [A], own);
    under([A], [{ ...A, class: 3 }], own);
    expect([own.classes[at(1, 1)], own.classes[at(0, 0)]]).toEqual([7, 3]);
    under([{ ...A, class: 3 }], [], own);
    expect([own.classes[at(1, 1)], own.origin[at(0, 0)]]).toEqual([7, ORIGIN.none]);
  });

  it('what a model placed is its word, lies below what people said, and is theirs once they name it', () => {
    const placed = { ...B, proposed: true };
    const own = under([], [A, placed]);
    expect([own.classes[at(3, 3)], own.origin[at(3, 3)]]).toEqual([1, ORIGIN.region]);
    expect([own.classes[at(5, 5)], own.origin[at(5, 5)], own.confidence[at(5, 5)]]).toEqual([2, ORIGIN.model, 80]);
    expect([objectAt([A, placed], 3, 3)?.id, objectAt([A, placed], 5, 5)?.id]).toEqual(['a', 'b']);
    const said = { ...B, score: null };
    under([A, placed], [A, said], own);
    expect([own.classes[at(3, 3)], own.origin[at(5, 5)]]).toEqual([2, ORIGIN.region]);
    under([A, said], [A], own);
    expect([own.classes[at(5, 5)], own.origin[at(5, 5)]]).toEqual([255, ORIGIN.none]);
  });

  it('an answer stays under an object of the same class without a score, given another class and removed', () => {
    const own = emptyPlanes(ROWS, COLS);
    own.classes[at(1, 1)] = own.classes[at(0, 3)] = 1;
    own.origin[at(1, 1)] = own.origin[at(0, 3)] = ORIGIN.region;
    const answers = { classes: own.classes.slice(), origin: own.origin.slice() };
    const area = withoutAnswers(own, [], { x: 0, y: 0, width: 4, height: 4, there: new Uint8Array(16).fill(1) })!;
    expect(area.there.reduce((sum, one) => sum + one, 0)).toBe(14);
    const one = { ...A, score: null, rle: encodeRle(area, ROWS, COLS) };
    under([], [one], own);
    expect(own.classes[at(0, 0)]).toBe(1);
    under([one], [{ ...one, class: 3 }], own);
    expect([own.classes[at(1, 1)], own.classes[at(0, 0)]]).toEqual([1, 3]);
    under([{ ...one, class: 3 }], [], own);
    expect({ classes: own.classes, origin: own.origin }).toEqual(answers);
    expect(withoutAnswers(own, [], { x: 1, y: 1, width: 1, height: 1, there: Uint8Array.of(1) })).toBeNull();
  });

  it('what was erased of an object stays erased when it gets another class; a new object may take it', () => {
    const own = under([], [A]);
    own.classes[at(1, 1)] = 255;
    own.origin[at(1, 1)] = ORIGIN.none;
    under([A], [{ ...A, class: 3 }], own);
    expect([own.classes[at(1, 1)], own.classes[at(0, 0)]]).toEqual([255, 3]);
    const over = square('c', 2, 1, 1, 2, 5);
    under([{ ...A, class: 3 }], [{ ...A, class: 3 }, over], own);
    expect(own.classes[at(1, 1)]).toBe(2);
  });

  it('nothing changed is no patch', () => {
    expect(relaid(emptyPlanes(ROWS, COLS), [A], [A])).toBeNull();
  });
});
