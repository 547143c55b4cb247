import { describe, expect, it } from 'vitest';
import { ORIGIN, type Planes } from '../contract';
import { emptyPlanes, lay } from '../planes';
import { encodeRle } from '../regions/rle';
import { lookAt } from './looking';
import {
  brought,
  cleared,
  isOpen,
  NO_QUEUE,
  passed,
  patchOf,
  type Question,
  type Queue,
  synced,
  TOOL,
  unskipped,
} from './queue';

const [ROWS, COLS] = [16, 20];

/** A rectangle that is asked about. */
function asked(x: number, y: number, width = 4, height = 3): Question {
  const there = new Uint8Array(width * height).fill(1);
  return {
    at: [y + 1, x + 1],
    window: [y, x, height, width],
    runs: encodeRle({ x, y, width, height, there }, ROWS, COLS),
    pixels: width * height,
    code: 1,
    chance: 0.6,
    shortlist: [
      { code: 1, chance: 0.6 },
      { code: 0, chance: 0.4 },
    ],
    gain: 3,
    mixed: 0,
    says: 'Water 60 %',
  };
}

const [A, B, C, D] = [asked(0, 0), asked(6, 0), asked(12, 0), asked(0, 8)];
const all = (): boolean => true;
const started = (...list: Question[]): Queue => brought(NO_QUEUE, list, all);
const others = emptyPlanes(ROWS, COLS);

function painted(own: Planes, question: Question, code = 1): Planes {
  lay(own, patchOf(question, code, own, others)!);
  return own;
}

describe('questions', () => {
  it('come one after another, each behind with its stroke', () => {
    const first = started(A, B, C);
    expect([first.now, first.next]).toEqual([A, [B, C]]);
    const second = passed(first, 's1');
    expect([second.now, second.next, second.past]).toEqual([B, [C], [{ question: A, stroke: 's1' }]]);
    const last = passed(passed(second, null), 's2');
    expect([last.now, last.next]).toEqual([null, []]);
    expect(passed(last, 's3')).toBe(last);
  });

  it('that are newer take the place of those that wait, and the one that is shown stays', () => {
    const queue = brought(started(A, B, C), [D, asked(0, 0, 3, 3), C], all);
    expect([queue.now, queue.next]).toEqual([A, [D, C]]);
    const answered = brought(started(A, B), [C, D], (one) => one !== A);
    expect([answered.now, answered.next]).toEqual([C, [D]]);
  });

  it('do not come back when they were skipped, but smaller parts of them do', () => {
    const queue = passed(started(asked(0, 0, 8, 8), D), null);
    const [same, part] = [asked(0, 0, 7, 8), asked(0, 0, 3, 3)];
    expect(brought(queue, [same, part], all).next).toEqual([part]);
  });

  it('are shown again when the answer is taken back, by whatever way', () => {
    const queue = passed(passed(passed(started(A, B, C, D), 's1'), null), 's2');
    const strokes = [
      { id: 's2', tool: TOOL },
      { id: 's1', tool: TOOL },
    ];
    expect(synced(queue, strokes, all)).toBe(queue);
    const once = synced(queue, strokes.slice(1), all);
    expect([once.now, once.next]).toEqual([C, [D]]);
    expect(unskipped(once)).toMatchObject({ now: B, next: [C, D] });
    const twice = synced(once, [], all);
    expect([twice.now, twice.next, twice.past]).toEqual([A, [C, D], [{ question: B, stroke: null }]]);
    expect(unskipped(queue)).toBe(queue);
    expect(unskipped(NO_QUEUE)).toBe(NO_QUEUE);
  });

  it('are behind when they are answered again, by redo or in another tab, or painted over', () => {
    const own = painted(emptyPlanes(ROWS, COLS), A);
    const open = (one: Question): boolean => isOpen(one, own, others);
    const redone = synced(started(A, B), [{ id: 's1', tool: TOOL }], open);
    expect([redone.now, redone.past]).toEqual([B, [{ question: A, stroke: 's1' }]]);
    const brushed = synced(started(A, B), [{ id: 's1', tool: 'brush' }], open);
    expect([brushed.now, brushed.past]).toEqual([B, []]);
    painted(own, B);
    expect(synced(started(A, C, B), [], open)).toMatchObject({ now: C, next: [] });
  });

  it('are answered by a stroke on all of the segment that nobody has spoken of', () => {
    const own = emptyPlanes(ROWS, COLS);
    own.origin[0] = ORIGIN.model; // may be asked about
    own.origin[1] = ORIGIN.human;
    const hidden = emptyPlanes(ROWS, COLS);
    hidden.origin[2] = ORIGIN.product;
    expect([...patchOf(A, 2, own, hidden)!.origin.slice(0, 4)]).toEqual([3, 3, 1, 3]); // the second is not there
    const there = new Uint8Array(12).fill(1);
    there[1] = 0;
    const patch = patchOf(A, 2, own, others)!;
    expect(patch).toMatchObject({ x: 0, y: 0, width: 4, height: 3, there });
    lay(own, patch);
    expect(own.classes.filter((code) => code === 2)).toHaveLength(11);
    expect(own.origin[0]).toBe(ORIGIN.region);
    expect(patchOf(A, 2, own, others)).toBeNull();
    expect([isOpen(A, own, others), isOpen(B, own, others)]).toEqual([false, true]);
  });

  it('are seen as they are, whatever lies over the rest', () => {
    const plane = new Uint8Array(ROWS * COLS).fill(1);
    const box = { x: 18, y: 13, width: 2, height: 3 };
    const overlay = { name: 'p', classes: plane, confidence: plane, rows: ROWS, cols: COLS, opacity: 1 };
    const [proposal, hole] = cleared([overlay], box, ROWS, COLS);
    expect(proposal!.classes!.filter((code) => code === 255)).toHaveLength(16 * 16);
    expect(hole!.instead!.filter(Boolean)).toHaveLength(16 * 16);
    expect([proposal!.classes![4], proposal!.classes![3]]).toEqual([255, 1]);
  });
});

describe('the way there', () => {
  const [image, cell] = [
    { width: 512, height: 512 },
    { width: 600, height: 480 },
  ];
  const whole = { x: 256, y: 256, zoom: 480 / 512, fit: false };

  it('brings the place into the middle, with what is around it', () => {
    const seen = lookAt(whole, { x: 100, y: 40, width: 20, height: 10 }, image, cell);
    expect(seen).toEqual({ x: 110, y: 45, zoom: 7.5, fit: false });
    expect(lookAt(whole, { x: 8, y: 8, width: 1, height: 1 }, image, cell).zoom).toBe(10); // 48 pixels are seen
  });

  it('leaves the zoom where it is good enough, and never shows less than the whole', () => {
    const near = { ...whole, zoom: 4 };
    expect(lookAt(near, { x: 0, y: 0, width: 20, height: 10 }, image, cell).zoom).toBe(4);
    expect(lookAt(near, { x: 0, y: 0, width: 400, height: 300 }, image, cell).zoom).toBe(480 / 512);
  });
});
