import { beforeEach, describe, expect, it } from 'vitest';
import { MaskPixels, rampColour } from '../canvas';
import type { SchemeClass } from '../lib/types';
import { coordinate, crsName, degrees, figure, isGeographic, shortTitle } from './figures';
import { newId } from './ids';
import { Recent } from './load';
import { classLegend, originLegend, overlayColours } from './overlays';
import { keepPlace, readList } from './walk';

describe('figures', () => {
  it.each([
    [0, '0'],
    [0.123456, '0.1235'],
    [6008, '6008'],
    [6008.25, '6008.3'],
    [123456.7, '123457'],
    [-12.3456, '-12.35'],
    [0.00001234, '1.23e-5'],
    [12345678, '1.23e+7'],
    [NaN, ''],
  ])('%d is %s', (value, text) => expect(figure(value)).toBe(text));

  it('writes places', () => {
    expect(degrees(-78.768382, 35.806119)).toBe('35.80612° N, 78.76838° W');
    expect(coordinate(630534, false)).toBe('630\u202f534.0');
    expect(coordinate(-78.7683824603, true)).toBe('-78.768382');
  });

  it('names a CRS', () => {
    expect(crsName('epsg:32617')).toBe('EPSG:32617');
    expect(crsName('PROJCRS["NAD83 / Florida",BASEGEOGCRS["NAD83"]]')).toBe('NAD83 / Florida');
    expect(
      crsName(
        'BOUNDCRS[SOURCECRS[PROJCRS["unnamed",BASEGEOGCRS["GRS 1980",X],CONVERSION["unnamed",METHOD["Lambert"]]]]]',
      ),
    ).toBe('Lambert');
    expect(crsName(null)).toBeNull();
    expect(isGeographic('EPSG:4326')).toBe(true);
    expect(isGeographic('GEOGCRS["WGS 84"]')).toBe(true);
    expect(isGeographic('EPSG:32617')).toBe(false);
    expect(isGeographic('BOUNDCRS[SOURCECRS[PROJCRS["unnamed",BASEGEOGCRS["WGS 84",ID["EPSG",4326]]]]]')).toBe(false);
    expect(isGeographic('BOUNDCRS[SOURCECRS[GEOGCRS["NAD27"]],TARGETCRS[GEOGCRS["WGS 84"]]]')).toBe(true);
  });
});

describe('shortTitle', () => {
  it.each([
    ['Normalized Difference Water Index', 'Water'],
    ['Modified Normalized Difference Water Index', 'Modified Water'],
    ['Enhanced Vegetation Index', 'Enhanced Vegetation'],
    ['Normalised Index', 'Normalised Index'],
    ['', ''],
  ])('%s is %s', (title, short) => expect(shortTitle(title)).toBe(short));
});

describe('overlays', () => {
  const classes = [
    { code: 1, title: 'Water', color: '#0000ff' },
    { code: 2, title: 'Forest', color: '#00ff00' },
  ] as SchemeClass[];
  const data = Uint8Array.of(1, 1, 7, 255, 1, 2, 6, 0, 90, 80, 255, 255);
  const mask = new MaskPixels({ dtype: 'u1', shape: [3, 2, 2], data });

  it('colours classes, but for hidden ones', () => {
    const table = overlayColours('class', classes, [2]);
    expect([...table.slice(4, 8)]).toEqual([0, 0, 255, 255]);
    expect([...table.slice(8, 12)]).toEqual([0, 0, 0, 0]);
    expect([...table.slice(255 * 4)]).toEqual([0, 0, 0, 0]);
  });

  it('colours origins, whatever classes are hidden', () => {
    const table = overlayColours('origin', classes, [1, 2]);
    expect(table[0 * 4 + 3]).toBe(0);
    for (const origin of [1, 2, 3, 4, 5, 6]) expect(table[origin * 4 + 3]).toBe(255);
  });

  it('colours confidence from 0 to 100 %', () => {
    const table = overlayColours('confidence', [], []);
    expect([...table.slice(0, 3)]).toEqual(rampColour('plasma', 0));
    expect([...table.slice(400, 403)]).toEqual(rampColour('plasma', 1));
    expect(table[101 * 4 + 3]).toBe(0);
  });

  it('counts for the legend', () => {
    expect(classLegend(mask, classes)).toEqual([
      { value: 1, pixels: 2, share: 0.5, title: 'Water', color: '#0000ff' },
      { value: 7, pixels: 1, share: 0.25, title: 'class 7', color: '#808080' },
    ]);
    expect(originLegend(mask).map((row) => row.title)).toEqual(['Person', 'Model', 'Product flag']);
  });
});

describe('the list that the page came from', () => {
  beforeEach(() => sessionStorage.clear());

  it('is read and kept', () => {
    const list = { filter: "split = 'test'", sort: 'id', task: 'pixels', offset: 12 };
    keepPlace(list, 13);
    expect(readList()).toEqual({ ...list, offset: 13 });
  });

  it('is none where it makes no sense', () => {
    sessionStorage.setItem('groundset.list', '{oops');
    expect(readList()).toBeNull();
    sessionStorage.setItem('groundset.list', '{"filter": ""}');
    expect(readList()).toBeNull();
  });
});

describe('Recent', () => {
  it('makes a thing once, keeps the last few, forgets failures', async () => {
    const recent = new Recent<number>(2);
    let made = 0;
    const make = () => Promise.resolve(++made);
    expect(await recent.get('a', make)).toBe(1);
    expect(await recent.get('a', make)).toBe(1);
    await recent.get('b', make);
    await recent.get('c', make);
    expect(await recent.get('a', make)).toBe(4);
    await expect(recent.get('d', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await recent.get('d', make)).toBe(5);
    recent.forgetWhere((key) => key === 'd');
    expect(await recent.get('a', make)).toBe(4);
    expect(await recent.get('d', make)).toBe(6);
    recent.forgetWhere();
    expect(await recent.get('a', make)).toBe(7);
  });
});

it('ids are UUIDs, each another', () => {
  const ids = new Set(Array.from({ length: 100 }, newId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
