import { describe, expect, it } from 'vitest';
import { bandExpression, parseExpression } from './expression';
import { fragmentShader, slotsOf } from './shader';

const bands = Array.from({ length: 20 }, (_, i) => ({ name: `b${i}` }));
const mix = (...at: number[]) => at.map((i) => bandExpression(i, `b${i}`));

describe('fragmentShader', () => {
  it('is one and the same for all mixes of three bands', () => {
    expect(fragmentShader(mix(0, 1, 2), 'usampler2DArray')).toBe(fragmentShader(mix(7, 3, 5), 'usampler2DArray'));
    expect(fragmentShader(mix(0, 1, 2), 'usampler2DArray')).not.toBe(fragmentShader(mix(0, 1, 2), 'sampler2DArray'));
  });

  it('reads a band once, however often it is named', () => {
    expect(slotsOf(mix(4, 4, 2))).toEqual([4, 2]);
    expect(slotsOf([parseExpression('(b3 - b1) / (b3 + b1)', bands)])).toEqual([3, 1]);
  });

  it('draws a formula without bands', () => {
    expect(fragmentShader([parseExpression('1 + 1', bands)], 'usampler2DArray')).toContain('vec3((1.0 + 1.0))');
  });

  it('refuses more bands than there are slots', () => {
    const text = bands.slice(0, 17).map((b) => b.name).join(' + '); // prettier-ignore
    expect(() => slotsOf([parseExpression(text, bands)])).toThrow(/16 bands at once, not 17/);
  });
});
