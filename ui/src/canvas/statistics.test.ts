import { describe, expect, it } from 'vitest';
import { histogram, otsu, percentile } from './statistics';

describe('percentile', () => {
  // wanted: numpy.percentile([1, 2, 4, 8], q)
  it.each([
    [0, 1],
    [2, 1.06],
    [25, 1.75],
    [50, 3],
    [98, 7.76],
    [100, 8],
    [-5, 1],
    [200, 8],
  ])('%d %% is %d', (percent, wanted) => expect(percentile([1, 2, 4, 8], percent)).toBeCloseTo(wanted, 12));

  it('of one value is that value, of none is NaN', () => {
    expect(percentile([5], 37)).toBe(5);
    expect(percentile([], 50)).toBeNaN();
  });
});

describe('histogram', () => {
  it('counts every value once, those outside at the ends', () => {
    const found = histogram([-1, 0, 0.1, 0.5, 0.99, 1, 7], 0, 1, 4);
    expect(found.counts).toEqual([3, 0, 1, 3]);
  });

  it('of equal values stands in the first bin', () => {
    expect(histogram([2, 2, 2], 2, 2, 3).counts).toEqual([3, 0, 0]);
  });
});

describe('Otsu’s cut', () => {
  it('lies in the middle of what parts two groups', () => {
    const two = [...Array<number>(30).fill(0.2), ...Array<number>(10).fill(0.8)];
    expect(otsu(two, 0, 1, 100)).toBeCloseTo(0.505, 3);
  });

  // wanted: skimage.filters.threshold_otsu((arange(100) / 99) ** 2, nbins=16), which names the middle of the bin below the cut
  it('is that of scikit-image', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i / 99) ** 2);
    expect(otsu(values, 0, 1, 16)).toBeCloseTo(0.40625 + 1 / 32, 12);
  });

  it('of none is NaN, of equal values at their end', () => {
    expect(otsu([], 0, 1)).toBeNaN();
    expect(Number.isFinite(otsu([2, 2, 2], 2, 3))).toBe(true);
  });
});
