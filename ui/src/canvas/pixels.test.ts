import { describe, expect, it } from 'vitest';
import { bandExpression, parseExpression } from './expression';
import { ChipPixels, MaskPixels } from './pixels';

const bands = [
  { name: 'a', scale: 0.5, offset: -1, nodata: 0 },
  { name: 'b', scale: 1, offset: 0, nodata: null },
];
const npy = { dtype: 'u2', shape: [2, 2, 3], data: Uint16Array.of(0, 2, 4, 6, 8, 10, 1, 2, 3, 4, 5, 6) };

describe('ChipPixels', () => {
  it('gives physical values; none for nodata and invalid pixels', () => {
    const pixels = new ChipPixels(npy, bands, Uint8Array.of(1, 1, 1, 1, 1, 0));
    expect(pixels.values(0, 0)).toEqual([NaN, 1]);
    expect(pixels.values(0, 1)).toEqual([0, 2]);
    expect(pixels.values(1, 1)).toEqual([3, 5]);
    expect(pixels.values(1, 2)).toEqual([NaN, NaN]);
    expect(pixels.isValid(1, 2)).toBe(false);
  });

  it('collects what an expression gives, sorted, and keeps it', () => {
    const pixels = new ChipPixels(npy, bands, Uint8Array.of(1, 1, 1, 1, 1, 0));
    const sum = parseExpression('10 - a', bands);
    expect(Array.from(pixels.sorted(sum))).toEqual([7, 8, 9, 10]);
    expect(pixels.sorted(parseExpression('10-a', bands))).toBe(pixels.sorted(sum));
    expect(pixels.range(bandExpression(1, 'b'), 0, 100)).toEqual([1, 5]);
  });

  it('takes an even sample of a large chip', () => {
    const size = 1200;
    const data = Float32Array.from({ length: size * size }, (_, i) => i % size);
    const large = new ChipPixels({ dtype: 'f4', shape: [1, size, size], data }, [bands[1]!]);
    const sorted = large.sorted(bandExpression(0, 'b'));
    expect(sorted.length).toBeLessThanOrEqual(512 * 512);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeCloseTo(size / 2, -1);
  });

  it('leaves out infinities', () => {
    const data = Float32Array.of(1, NaN, Infinity, -Infinity);
    const pixels = new ChipPixels({ dtype: 'f4', shape: [1, 2, 2], data }, [bands[1]!]);
    expect(Array.from(pixels.sorted(bandExpression(0, 'b')))).toEqual([1]);
    expect(
      new ChipPixels({ dtype: 'f4', shape: [1, 1, 1], data: Float32Array.of(NaN) }, [bands[1]!]).range(
        bandExpression(0, 'b'),
      ),
    ).toEqual([0, 1]);
  });

  it('refuses what does not fit', () => {
    expect(() => new ChipPixels(npy, [bands[0]!])).toThrow(/do not fit 1 bands/);
    expect(() => new ChipPixels(npy, bands, new Uint8Array(5))).toThrow(/5 validity values/);
  });
});

describe('MaskPixels', () => {
  const mask = new MaskPixels({
    dtype: 'u1',
    shape: [3, 1, 4],
    data: Uint8Array.of(1, 1, 2, 255, 1, 2, 2, 0, 90, 80, 255, 255),
  });

  it('says what a pixel is', () => {
    expect(mask.at(0, 1)).toEqual({ code: 1, origin: 2, confidence: 80 });
  });

  it('counts labelled pixels only', () => {
    expect([...mask.counts(0)]).toEqual([[1, 2], [2, 1]]); // prettier-ignore
    expect([...mask.counts(1)]).toEqual([[1, 1], [2, 2]]); // prettier-ignore
  });

  it('refuses other arrays', () => {
    expect(() => new MaskPixels({ dtype: 'u1', shape: [1, 2], data: new Uint8Array(2) })).toThrow(
      /\(3, rows, columns\)/,
    );
    expect(() => new MaskPixels({ dtype: 'u2', shape: [3, 1, 1], data: new Uint16Array(3) })).toThrow(/u2/);
  });
});
