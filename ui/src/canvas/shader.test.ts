import { describe, expect, it } from 'vitest';
import { bandExpression, parseExpression } from './expression';
import { colourShader, maskShader, screenShader, slotsOf } from './shader';

const bands = Array.from({ length: 20 }, (_, i) => ({ name: `b${i}` }));
const mix = (...at: number[]) => at.map((i) => bandExpression(i, `b${i}`));

describe('colourShader', () => {
  it('is one and the same for all mixes of three bands', () => {
    expect(colourShader(mix(0, 1, 2), 'usampler2DArray')).toBe(colourShader(mix(7, 3, 5), 'usampler2DArray'));
    expect(colourShader(mix(0, 1, 2), 'usampler2DArray')).not.toBe(colourShader(mix(0, 1, 2), 'sampler2DArray'));
  });

  it('reads a band once, however often it is named', () => {
    expect(slotsOf(mix(4, 4, 2))).toEqual([4, 2]);
    expect(slotsOf([parseExpression('(b3 - b1) / (b3 + b1)', bands)])).toEqual([3, 1]);
  });

  it('draws a formula without bands', () => {
    expect(colourShader([parseExpression('1 + 1', bands)], 'usampler2DArray')).toContain('vec3((1.0 + 1.0))');
  });

  it('refuses more bands than there are slots', () => {
    const text = bands.slice(0, 17).map((b) => b.name).join(' + '); // prettier-ignore
    expect(() => slotsOf([parseExpression(text, bands)])).toThrow(/16 bands at once, not 17/);
  });
});

describe('screenShader', () => {
  const plain = { resampling: 'nearest', painting: 'none', grid: false, cursor: false } as const;

  it('leaves out what a view does not need', () => {
    const source = screenShader(plain);
    expect(source).not.toContain('vec4 paint');
    expect(source).not.toContain('bright');
    expect(source).not.toContain('inside');
    expect(screenShader({ ...plain, painting: 'area' })).toContain('texelFetch(uPaint, cell, 0)');
    expect(screenShader({ ...plain, grid: true })).toContain('bright');
    expect(screenShader({ ...plain, cursor: true })).toContain('inside');
  });

  it('reads single pixels unless it is to blend them', () => {
    expect(screenShader(plain)).toContain('texelFetch(uImage, there, 0)');
    expect(screenShader({ ...plain, resampling: 'bicubic' })).toContain('texture(uImage');
    expect(screenShader({ ...plain, resampling: 'mean', painting: 'edge' })).toContain('textureLod(uPaint');
  });
});

describe('maskShader', () => {
  it('looks at neighbours for rims alone', () => {
    expect(maskShader('area')).not.toContain('bits');
    expect(maskShader('edge')).toContain('bits == 0');
    expect(maskShader('sides')).toContain('float(bits) / 255.0');
  });
});
