import { describe, expect, it } from 'vitest';
import { bilinear, cornersOf, isAffine, roundLength, toMap, toPixel, wrapLongitude, type Affine } from './affine';

const UTM: Affine = [30, 0, 630534, 0, -30, 228114];
const TURNED: Affine = [20, 5, 1000, 6, -25, 9000];

describe('affine', () => {
  it('is that of rasterio', () => {
    expect(toMap(UTM, 0, 0)).toEqual([630534, 228114]);
    expect(toMap(UTM, 1.5, 2)).toEqual([630579, 228054]);
  });

  it.each([[UTM], [TURNED]])('turns back', (t) => {
    for (const [col, row] of [
      [0, 0],
      [3.25, 17.5],
      [-4, 1000],
    ] as const) {
      const back = toPixel(t, ...toMap(t, col, row))!;
      expect(back[0]).toBeCloseTo(col, 8);
      expect(back[1]).toBeCloseTo(row, 8);
    }
  });

  it('knows when there is no way back, or no transform', () => {
    expect(toPixel([1, 2, 0, 2, 4, 0], 1, 1)).toBeNull();
    expect(isAffine([1, 2, 3])).toBe(false);
    expect(isAffine([1, 0, 0, 0, NaN, 0])).toBe(false);
    expect(isAffine([...UTM, 0, 0, 1])).toBe(true);
  });
});

describe('footprint', () => {
  const ring = [
    [10, 50.9],
    [11, 51],
    [11.1, 50],
    [10.1, 49.9],
    [10, 50.9],
  ];
  const corners = { topLeft: [10, 50.9], topRight: [11, 51], bottomRight: [11.1, 50], bottomLeft: [10.1, 49.9] };

  it.each([0, 1, 2, 3])('finds the corners wherever the ring starts (%i), either way round', (start) => {
    const turned = [...ring.slice(start, 4), ...ring.slice(0, start), ring[start]!];
    for (const one of [turned, [...turned].reverse()])
      expect(cornersOf({ type: 'Polygon', coordinates: [one] }, { east: true, south: true })).toEqual(corners);
  });

  it('turns with the direction of rows and columns', () => {
    const found = cornersOf({ type: 'Polygon', coordinates: [ring] }, { east: false, south: false })!;
    expect(found.topLeft).toEqual(corners.bottomRight);
    expect(found.bottomRight).toEqual(corners.topLeft);
  });

  it('goes on across 180 degrees', () => {
    const east = [[179.9, 1], [180, 1], [180, 0], [179.9, 0], [179.9, 1]]; // prettier-ignore
    const west = [[-180, 1], [-179.9, 1], [-179.9, 0], [-180, 0], [-180, 1]]; // prettier-ignore
    const found = cornersOf({ type: 'MultiPolygon', coordinates: [[east], [west]] }, { east: true, south: true })!;
    expect(found.topLeft[0]).toBeCloseTo(179.9);
    expect(found.topRight[0]).toBeCloseTo(180.1);
    expect(wrapLongitude(bilinear(found, 1, 0)[0])).toBeCloseTo(-179.9);
  });

  it('is null where there is none', () => {
    for (const none of [null, undefined, {}, { type: 'Point', coordinates: [1, 2] }])
      expect(cornersOf(none, { east: true, south: true })).toBeNull();
  });

  it('gives corners, edges and the middle', () => {
    const c = { topLeft: [0, 10], topRight: [10, 10], bottomRight: [10, 0], bottomLeft: [0, 0] } as const;
    expect(bilinear(c, 0, 0)).toEqual([0, 10]);
    expect(bilinear(c, 1, 1)).toEqual([10, 0]);
    expect(bilinear(c, 0.5, 0.25)).toEqual([5, 7.5]);
  });
});

describe('lengths', () => {
  it.each([
    [1, 1],
    [3.3, 2],
    [9.9, 5],
    [0.7, 0.5],
    [1234, 1000],
    [0.015, 0.01],
  ])('at most %d is %d', (most, wanted) => expect(roundLength(most)).toBeCloseTo(wanted, 12));
});
