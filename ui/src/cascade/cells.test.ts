import { describe, expect, it } from 'vitest';
import { Cells, counted, decided, strideOf, type CellAnswer, type Columns, type Decision } from './cells';
import { coloursOf, sheetOf } from './sheet';

/** Cells at places (row, col) of a scene of 70 x 50 pixels, chips of 16 px. */
function cellsAt(places: [number, number][], some: Partial<Columns> = {}): Cells {
  const told: Columns = {
    row: places.map(([row]) => row),
    col: places.map(([, col]) => col),
    x: places.map(([, col]) => 16 * col),
    y: places.map(([row]) => 16 * row),
    score: places.map(() => null),
    decision: places.map((): Decision => 'undecided'),
    answer: places.map((): CellAnswer => 'none'),
    training: places.map(() => true),
    ...some,
  };
  return new Cells({ scene: 'a_b', level: 2, size: 16, stride: 16, width: 70, height: 50 }, told);
}

describe('cells', () => {
  const cells = cellsAt([
    [0, 0],
    [0, 2],
    [1, 2],
    [3, 4],
  ]);

  it('are found by pixel and by name, and name their chips', () => {
    expect(cells.under(33, 15)).toBe(1);
    expect(cells.under(33, 16)).toBe(2);
    expect(cells.under(17, 2)).toBe(-1);
    expect(cells.under(-1, 2)).toBe(-1);
    expect(cells.under(70, 2)).toBe(-1);
    expect(cells.idOf(2)).toBe('a_b_2_1_2');
    expect(cells.indexOf('a_b_2_1_2')).toBe(2);
    expect(cells.indexOf('a_b_1_1_2')).toBe(-1);
    expect(cells.indexOf('other_2_1_2')).toBe(-1);
  });

  it('end where the scene ends', () => {
    expect(cells.rectOf(0)).toEqual({ x: 0, y: 0, width: 16, height: 16 });
    expect(cells.rectOf(3)).toEqual({ x: 64, y: 48, width: 6, height: 2 });
  });

  it('are walked to the nearest on a side, straight ahead first', () => {
    expect(cells.beside(0, 1, 0)).toBe(1);
    expect(cells.beside(1, 0, 1)).toBe(2);
    expect(cells.beside(2, 0, 1)).toBe(3);
    expect(cells.beside(0, -1, 0)).toBe(0);
    expect(cells.nearest(40, 30)).toBe(2);
  });

  it('are taken as a rectangle', () => {
    expect(cells.between(2, 0)).toEqual([0, 1, 2]);
  });

  it('have the stride of those that an edge did not move', () => {
    expect(strideOf({ row: [0, 0, 0], col: [0, 1, 2], x: [0, 16, 30], y: [0, 0, 0] }, 16)).toBe(16);
    expect(strideOf({ row: [0, 3], col: [0, 0], x: [0, 0], y: [0, 24] }, 16)).toBe(8);
    expect(strideOf({ row: [0], col: [0], x: [0], y: [0] }, 16)).toBe(16);
  });
});

describe('another threshold', () => {
  const cells = cellsAt(
    [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    { score: [0.2, 0.8, null, 0.9] },
  );

  it('goes by the score, but never against what people said', () => {
    const answers: CellAnswer[] = ['positive', 'none', 'none', 'negative'];
    const now = decided(cells, answers, 0.5);
    expect(now).toEqual(['kept', 'kept', 'undecided', 'rejected']);
    expect(counted(now)).toEqual({ kept: 2, rejected: 1, undecided: 1 });
  });

  it('leaves all as it was decided where there is none', () => {
    expect(decided(cells, ['none', 'none', 'none', 'none'], null)).toEqual(cells.told.decision);
  });
});

describe('the sheet', () => {
  it('dims what is left out, most where nobody looked; tints the rest by score', () => {
    const cells = cellsAt(
      [
        [0, 0],
        [0, 1],
        [0, 2],
      ],
      { score: [0, 1, 1] },
    );
    const pixels = sheetOf(cells, ['kept', 'kept', 'rejected'], '#ff8000', true);
    const alpha = (place: number) => pixels[4 * place + 3]!;
    expect([...pixels.slice(0, 3)]).toEqual([255, 128, 0]);
    expect(alpha(0)).toBeGreaterThan(0);
    expect(alpha(1)).toBeGreaterThan(alpha(0));
    expect(alpha(2)).toBeGreaterThan(alpha(1));
    expect(alpha(3)).toBeGreaterThan(alpha(2));
    expect(sheetOf(cells, ['kept', 'kept', 'kept'], '#ff8000', false)[3]).toBe(0);
    expect(pixels).toHaveLength(4 * cells.rows * cells.cols);
  });

  it('is made for ten thousand cells in a moment', () => {
    const places = Array.from({ length: 10_000 }, (_, i): [number, number] => [Math.floor(i / 100), i % 100]);
    const cells = cellsAt(places);
    expect(sheetOf(cells, cells.told.decision, '#123456', true)).toHaveLength(40_000);
    expect(cells.beside(0, 1, 0)).toBe(1);
  });

  it('colours places by class', () => {
    const pixels = coloursOf(2, [[1, '#0000ff']], 0.5);
    expect([...pixels]).toEqual([0, 0, 0, 0, 0, 0, 255, 128]);
  });
});
