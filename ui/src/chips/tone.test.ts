import { describe, expect, it } from 'vitest';
import { curveOf, PLAIN_TONE, putThrough } from './tone';

describe('tone', () => {
  it('is nothing as by default', () => {
    expect(curveOf(PLAIN_TONE)).toBeNull();
  });

  it('is gamma, then contrast, then brightness, held between black and white', () => {
    const curve = curveOf({ brightness: 0.1, contrast: 2, gamma: 2 })!;
    expect([curve[0], curve[255]]).toEqual([0, 255]);
    expect(curve[64]).toBe(Math.round(255 * ((Math.sqrt(64 / 255) - 0.5) * 2 + 0.6)));
    const pixels = new Uint8ClampedArray([64, 64, 0, 7]);
    putThrough(pixels, curve);
    expect([...pixels]).toEqual([curve[64], curve[64], 0, 7]);
  });
});
