import { describe, expect, it } from 'vitest';
import { contains, grown, parseView, placeText, share, union, unwrapRing, viewText, zoomWhere } from './geo';

describe('boxes', () => {
  it('unites, and knows when there is nothing to unite', () => {
    expect(union([])).toBeNull();
    expect(
      union([
        [0, 1, 2, 3],
        [-1, 2, 1, 5],
      ]),
    ).toEqual([-1, 1, 2, 5]);
    expect(union([[NaN, 0, 1, 1]])).toBeNull();
  });

  it('tells the share of one in another', () => {
    expect(share([0, 0, 2, 2], [1, 1, 3, 3])).toBe(0.25);
    expect(share([0, 0, 2, 2], [5, 5, 6, 6])).toBe(0);
    expect(share([1, 1, 1, 1], [0, 0, 2, 2])).toBe(1);
  });

  it('grows so that the former box lies within', () => {
    expect(contains(grown([0, 0, 10, 10], 0.25), [0, 0, 10, 10])).toBe(true);
    expect(grown([0, 80, 10, 89], 1)[3]).toBe(90);
  });

  it('knows at which zoom a box is so many pixels', () => {
    expect(zoomWhere([-180, -85, 180, 85], 512)).toBeCloseTo(0, 1);
    expect(zoomWhere([0, 0, 0.01, 0.01], 24)).toBeGreaterThan(zoomWhere([0, 0, 1, 1], 24));
  });
});

describe('the view in the address', () => {
  it('comes back as it was', () => {
    for (const view of [
      { zoom: 1.2, lat: 25, lng: 10 },
      { zoom: 14.31, lat: -25.40291, lng: -54.58812 },
    ]) {
      const back = parseView(viewText(view))!;
      expect(back.zoom).toBeCloseTo(view.zoom, 1);
      expect(back.lat).toBeCloseTo(view.lat, 2);
      expect(back.lng).toBeCloseTo(view.lng, 2);
    }
  });

  it('is refused where it is none', () => {
    for (const text of [null, '', '3', '3/4', '3/x/4', '99/0/0', '3/95/0', '1/2/3/4'])
      expect(parseView(text)).toBeNull();
  });
});

it('writes places', () => {
  expect(placeText(-78.6382, 35.7796, 12)).toBe('35.7796° N, 78.6382° W');
  expect(placeText(190, -1, 3)).toBe('1.0° S, 170.0° W');
});

it('makes a ring across the antimeridian whole, and leaves one around a pole', () => {
  const fiji = [
    [179, -16],
    [180, -16],
    [-180, -16.2],
    [-179, -17],
    [179, -17],
    [179, -16],
  ];
  expect(unwrapRing(fiji).map(([x]) => x)).toEqual([179, 180, 180, 181, 179, 179]);
  const pole = [
    [-180, -80],
    [180, -80],
    [180, -90],
    [-180, -90],
    [-180, -80],
  ];
  expect(unwrapRing(pole)).toEqual(pole);
  expect(
    unwrapRing([
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ]),
  ).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ]);
});
