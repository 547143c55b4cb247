import { describe, expect, it } from 'vitest';
import { ORIGIN } from '../contract';
import { emptyPlanes, lay } from '../planes';
import { accepted, figuresOf, pending, plane, received, visible } from './proposal';

const [ROWS, COLS] = [3, 4];
const proposal = {
  rows: ROWS,
  cols: COLS,
  classes: Uint8Array.from([1, 1, 2, 255, 1, 1, 2, 2, 1, 1, 2, 2]),
  confidence: Uint8Array.from([90, 60, 50, 255, 90, 60, 50, 99, 90, 60, 50, 99]),
};

function painted() {
  const own = emptyPlanes(ROWS, COLS);
  own.classes[0] = 2; // a person says otherwise than the model
  own.origin[0] = ORIGIN.human;
  own.classes[1] = 1;
  own.origin[1] = ORIGIN.human;
  own.classes[4] = 3;
  own.origin[4] = ORIGIN.region;
  own.confidence[4] = 80; // its class is a model's
  return own;
}

describe('proposals', () => {
  it('accepted: people, files and regions are never changed', () => {
    const [own, others] = [painted(), emptyPlanes(ROWS, COLS)];
    others.origin[5] = ORIGIN.import;
    others.classes[5] = 2;
    const patch = accepted(proposal, own, others, 0)!;
    expect([...patch.there]).toEqual([0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(patch.origin[2]).toBe(ORIGIN.model);
    expect(patch.confidence[7]).toBe(99);
  });

  it('accepted twice: nothing is left, and nothing is shown as proposed', () => {
    const [own, others] = [painted(), emptyPlanes(ROWS, COLS)];
    expect([...pending(proposal, own, others, 60)]).toEqual([0, 0, 2, 0, 0, 1, 2, 1, 1, 1, 2, 1]);
    lay(own, accepted(proposal, own, others, 0)!);
    expect(accepted(proposal, own, others, 0)).toBeNull();
    expect(figuresOf(proposal, own, others).fills[0]).toBe(0);
    expect(pending(proposal, own, others, 0).every((one) => one === 0)).toBe(true);
  });

  it('accepted from a confidence on, and within what was drawn', () => {
    const [own, others] = [emptyPlanes(ROWS, COLS), emptyPlanes(ROWS, COLS)];
    expect(accepted(proposal, own, others, 95)!.there.reduce((a, b) => a + b)).toBe(2);
    const box = { x: 2, y: 1, width: 2, height: 1, there: Uint8Array.from([1, 0]) };
    const patch = accepted(proposal, own, others, 0, box)!;
    expect([patch.x, patch.y, [...patch.there], patch.classes[0]]).toEqual([2, 1, [1, 0], 2]);
    expect(accepted(proposal, own, others, 100)).toBeNull();
  });

  it('counts what accepting fills and where people see it otherwise', () => {
    const figures = figuresOf(proposal, painted(), emptyPlanes(ROWS, COLS));
    expect([figures.judged, figures.disagreements]).toEqual([2, 1]);
    const named = painted();
    named.confidence[4] = 255;
    expect(figuresOf(proposal, named, emptyPlanes(ROWS, COLS))).toMatchObject({ judged: 3, disagreements: 2 });
    expect([figures.fills[0], figures.fills[95]]).toEqual([8, 2]);
    expect(plane('disagreement', proposal, painted(), emptyPlanes(ROWS, COLS))[0]).toBe(100);
    expect(plane('doubt', proposal, painted(), emptyPlanes(ROWS, COLS))[2]).toBe(100);
  });

  it('a window is laid into the whole', () => {
    const npy = { dtype: 'u1' as const, shape: [2, 1, 2], data: Uint8Array.from([9, 9, 70, 71]) };
    const laid = received(npy, { x: 1, y: 1, width: 2, height: 1 }, ROWS, COLS, proposal);
    expect([laid.classes[5], laid.confidence[6], laid.classes[0]]).toEqual([9, 71, 1]);
    expect(() => received(npy, { x: 0, y: 0, width: 3, height: 1 }, ROWS, COLS, null)).toThrow('a proposal is uint8');
  });

  it('only a part is asked for first, where only a part is seen', () => {
    expect(visible({ x: 2, y: 1, zoom: 1, fit: true }, { width: 2, height: 2 }, ROWS, COLS)).toBeNull();
    expect(visible({ x: 50, y: 50, zoom: 4, fit: false }, { width: 80, height: 80 }, 100, 100)).toEqual({
      x: 40,
      y: 40,
      width: 20,
      height: 20,
    });
  });
});
