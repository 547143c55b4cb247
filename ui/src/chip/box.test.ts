import { describe, expect, it } from 'vitest';
import { between, likeOf, middle, moved, resized } from './box';

const image = { width: 64, height: 32, around: { left: 10, top: 0, right: 20, bottom: 5 } };

describe('the rectangle', () => {
  it('is whole pixels, whichever way it is drawn', () => {
    const box = { x: 3, y: 4, width: 8, height: 6 };
    expect(between({ x: 3.2, y: 4.9 }, { x: 10.5, y: 9.1 }, image)).toEqual(box);
    expect(between({ x: 10.5, y: 9.1 }, { x: 3.2, y: 4.9 }, image)).toEqual(box);
  });

  it('stays where pixels are known', () => {
    expect(between({ x: -99, y: -99 }, { x: 999, y: 999 }, image)).toEqual({ x: -10, y: 0, width: 94, height: 37 });
    expect(between({ x: 999, y: 999 }, { x: 999, y: 999 }, image)).toMatchObject({ x: 83, width: 1 });
    expect(moved({ x: 0, y: 0, width: 8, height: 8 }, -50, -50, image)).toMatchObject({ x: -10, y: 0 });
    expect(moved({ x: 0, y: 0, width: 8, height: 8 }, 500, 500, image)).toMatchObject({ x: 76, y: 29 });
    expect(resized({ x: 60, y: 0, width: 8, height: 8 }, 500, -500, image)).toMatchObject({ width: 24, height: 4 });
  });

  it('begins in the middle and is told in pixels of the scene', () => {
    expect(middle(image)).toEqual({ x: 16, y: 8, width: 32, height: 16 });
    expect(likeOf({ x: -3, y: 2, width: 8, height: 9 }, 's_1', { x_off: 128, y_off: 64 })).toBe('s_1@125,66,8,9');
  });
});
