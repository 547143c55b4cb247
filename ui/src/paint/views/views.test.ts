import { describe, expect, it } from 'vitest';
import { ChipPixels } from '../../canvas';
import type { ChipRow } from '../../lib/types';
import { firstGroups, gridOf, parseGroups, readGroups, swapped, textsOf, type Group } from './arrangement';
import { grown, union } from './boxes';
import { chooseDate, datesOf, inverse, onGridOf, placement } from './dates';
import { boxOfChip, boxSeen, cellsOver, stepFor, TILE, tileAt, tilesSeen } from './pyramid';
import { difference } from './sheet';
import { mercator, tileAddress, tilesOver, worldCorners, zoomFor } from './tiles';

const layer = (name: string, group: 'composite' | 'band' = 'composite', lab = false) => ({
  name,
  title: name,
  bands: ['B1'],
  group,
  lab,
});

describe('arrangement', () => {
  it('stands as squares as large as may be', () => {
    expect(gridOf(1, 900, 600)).toEqual({ cols: 1, rows: 1 });
    expect(gridOf(2, 900, 600)).toEqual({ cols: 2, rows: 1 });
    expect(gridOf(2, 500, 900)).toEqual({ cols: 1, rows: 2 });
    expect(gridOf(3, 1200, 500)).toEqual({ cols: 3, rows: 1 });
    expect(gridOf(4, 900, 600)).toEqual({ cols: 2, rows: 2 });
    expect(gridOf(6, 900, 600)).toEqual({ cols: 3, rows: 2 });
    expect(gridOf(6, 600, 900)).toEqual({ cols: 2, rows: 3 });
  });

  it('begins with other layers beside the natural one, and dates where there are any', () => {
    const layers = [layer('natural'), layer('natural-lab', 'composite', true), layer('nir'), layer('B1', 'band')];
    const seen = { layers, indices: [{ name: 'NDVI' }, { name: 'NDWI' }] } as never;
    const groups = firstGroups(seen, 1);
    expect(groups.map(({ name, count }) => [name, count])).toEqual([
      ['Compare', 2],
      ['Picture', 1],
      ['Overview', 4],
      ['Dates', 2],
    ]);
    expect(
      groups[2]!.views.slice(0, 4).map((view) => view.look['layer'] ?? view.look['index'] ?? view.content.kind),
    ).toEqual(['natural', 'nir', 'NDWI', 'around']);
    expect(groups[3]!.views[1]!.content).toEqual({ kind: 'date', when: 'nearest' });
    expect(firstGroups(seen, 0)).toHaveLength(3);
    const both = firstGroups(seen, 2, '2020-01-28')[0]!; // a task about the change between two dates
    expect(textsOf([both])).toEqual([['Dates', 'chip?layer=natural', 'date:2020-01-28?layer=natural']]);
    expect(firstGroups({ layers: [], indices: [] } as never, 0)[0]!.views).toHaveLength(6);
  });

  it('goes through text and back', () => {
    const groups: Group[] = [
      {
        name: 'Mine',
        count: 4,
        views: [
          { content: { kind: 'chip' }, look: { formula: '(a - b) / 2; 1 + b; 3', stretch: 'chip' } },
          { content: { kind: 'around' }, look: { layer: 'natural' } },
          { content: { kind: 'date', when: 'before' }, look: { index: 'NDWI' } },
          { content: { kind: 'tiles', name: 'osm' }, look: {} },
        ],
      },
    ];
    const texts = textsOf(groups);
    expect(texts[0]!.slice(2)).toEqual(['around?layer=natural', 'date:before?index=NDWI', 'tiles:osm']);
    expect(parseGroups(texts)).toEqual(groups);
    expect(readGroups(JSON.parse(JSON.stringify(groups)))).toEqual(groups);
  });

  it('passes over what is no arrangement', () => {
    expect(readGroups(null)).toEqual([]);
    expect(readGroups([{ name: 'a', count: 5, views: [] }, { name: 'b' }, 3])).toEqual([]);
    expect(parseGroups([['a'], ['b', 'nonsense']])).toEqual([]);
    expect(parseGroups([['a', 'chip', 'nonsense', 'around']])[0]!.count).toBe(3);
  });

  it('changes places', () => {
    expect(swapped([1, 2, 3], 0, 2)).toEqual([3, 2, 1]);
    expect(swapped([1, 2, 3], 0, 3)).toEqual([1, 2, 3]);
  });
});

describe('other dates', () => {
  const row = (id: string, scene_id: string, datetime: string | null) => ({ id, scene_id, datetime }) as ChipRow;
  const found = datesOf({ scene_id: 'own' }, [
    row('own_1', 'own', '2020-01-13T00:00:00Z'),
    row('c_1', 'c', '2020-03-01T00:00:00Z'),
    row('a_1', 'a', '2020-01-01T00:00:00Z'),
    row('a_2', 'a', '2020-01-01T00:00:00Z'),
    row('none', 'none', null),
  ]);

  it('are scenes with their chips, the earliest first', () => {
    expect(found.map(({ scene, day, chips }) => [scene, day, chips.length])).toEqual([
      ['a', '2020-01-01', 2],
      ['c', '2020-03-01', 1],
    ]);
  });

  it('are chosen by name or day', () => {
    const own = '2020-01-13T00:00:00Z';
    expect(chooseDate(found, own, 'before')?.scene).toBe('a');
    expect(chooseDate(found, own, 'after')?.scene).toBe('c');
    expect(chooseDate(found, own, 'nearest')?.scene).toBe('a');
    expect(chooseDate(found, own, '2020-03-01')?.scene).toBe('c');
    expect(chooseDate(found, own, '2021-03-01')).toBeNull();
    expect(chooseDate(found, '2019-01-01T00:00:00Z', 'before')).toBeNull();
    expect(chooseDate([], own, 'nearest')).toBeNull();
  });

  const chip = (x: number, y: number, size: number, width: number, height = width, crs = 'EPSG:32631') => ({
    crs,
    transform: [size, 0, x, 0, -size, y],
    chip: { width, height },
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [x, y],
          [x, y - size * height],
          [x + size * width, y - size * height],
          [x + size * width, y],
          [x, y],
        ],
      ],
    },
  });
  const band = { name: 'B1', scale: 1, offset: 0, nodata: null };
  const numbered = (size: number) =>
    new ChipPixels(
      { dtype: 'u2', shape: [1, size, size], data: Uint16Array.from({ length: size * size }, (_, i) => i + 1) },
      [band],
      null,
    );

  it('lie on the grid of the chip, from several chips where grids are not the same', () => {
    const own = chip(100, 200, 10, 4);
    const left = { detail: chip(80, 200, 10, 4), pixels: numbered(4) };
    const right = { detail: chip(120, 200, 10, 4), pixels: numbered(4) };
    const both = onGridOf(own, [left, right]);
    expect([...both.data.subarray(0, 4)]).toEqual([3, 4, 1, 2]);
    expect(both.valid?.every((v) => v === 1)).toBe(true);
    const half = onGridOf(own, [left]);
    expect([...half.valid!.subarray(0, 4)]).toEqual([1, 1, 0, 0]);
    const coarse = onGridOf(own, [{ detail: chip(100, 200, 20, 2), pixels: numbered(2) }]);
    expect([...coarse.data.subarray(0, 8)]).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it('are found through degrees where the CRS is another', () => {
    const place = placement(chip(0, 8, 1, 8), chip(2, 8, 0.5, 8, 8, 'EPSG:4326'))!;
    const [col, row] = place(3.25, 1)!;
    expect(col).toBeCloseTo(2.5);
    expect(row).toBeCloseTo(2);
  });

  it('places are found again in a skewed frame', () => {
    const skewed = { topLeft: [0, 0], topRight: [4, 1], bottomRight: [5, 6], bottomLeft: [-1, 4] } as const;
    const [u, v] = inverse(skewed, 2.0525, 2.75);
    const x = (1 - v) * 4 * u + v * ((1 - u) * -1 + u * 5);
    expect(x).toBeCloseTo(2.0525);
  });
});

describe('web maps', () => {
  it('have addresses of every usual kind', () => {
    const at = { z: 3, x: 5, y: 2 };
    expect(tileAddress('https://a/{z}/{x}/{y}.png', at)).toBe('https://a/3/5/2.png');
    expect(tileAddress('https://a/{z}/{x}/{-y}.png', at)).toBe('https://a/3/5/5.png');
    expect(tileAddress('https://a/{TileMatrix}/{TileRow}/{TileCol}', at)).toBe('https://a/3/2/5');
    const box = tileAddress('https://a?bbox={bbox-epsg-3857}&w={width}', { z: 1, x: 1, y: 0 });
    expect(box).toBe('https://a?bbox=0,0,20037508.342789244,20037508.342789244&w=256');
  });

  it('lie where the chip lies', () => {
    const [x, y] = mercator([0, 0]);
    expect([x, y]).toEqual([0.5, 0.5]);
    const geometry = {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [0, -45],
          [45, -45],
          [45, 0],
          [0, 0],
        ],
      ],
    };
    const corners = worldCorners({ crs: 'EPSG:4326', transform: [1, 0, 0, 0, -1, 0], geometry } as never)!;
    const image = { width: 45, height: 45 };
    expect(zoomFor(corners, image, 256 / 45, 19)).toBe(3);
    const seen = [
      [1, 1],
      [44, 1],
      [44, 44],
      [1, 44],
    ] as const;
    expect(tilesOver(corners, image, seen, 3)).toEqual([
      { z: 3, x: 4, y: 4 },
      { z: 3, x: 4, y: 5 },
    ]);
    expect(worldCorners({ crs: null, transform: [1, 0, 0, 0, -1, 0], geometry } as never)).toBeNull();
  });
});

describe('the sheet of labels', () => {
  it('tells what changed, a preview over what is there', () => {
    const codes = new Uint8Array(16).fill(255);
    const whole = { x: 0, y: 0, width: 4, height: 4 };
    const mask = new Uint8Array(16).fill(255);
    mask[5] = 1;
    mask[10] = 2;
    expect(difference(codes, 4, whole, mask, null)).toEqual({ x: 1, y: 1, width: 2, height: 2 });
    expect(difference(codes, 4, whole, mask, null)).toBeNull();
    const patch = { x: 2, y: 2, width: 2, height: 1, there: new Uint8Array([1, 0]) };
    expect(difference(codes, 4, whole, mask, { patch, color: '#ff0000' })).toEqual({ x: 2, y: 2, width: 1, height: 1 });
    expect([codes[5], codes[10]]).toEqual([1, 254]);
    expect(difference(codes, 4, patch, mask, null)).toEqual({ x: 2, y: 2, width: 1, height: 1 });
    expect(codes[10]).toBe(2);
  });

  it('boxes grow within the whole', () => {
    expect(union({ x: 1, y: 1, width: 1, height: 1 }, { x: 3, y: 0, width: 1, height: 1 })).toEqual({
      x: 1,
      y: 0,
      width: 3,
      height: 2,
    });
    expect(grown({ x: 0, y: 1, width: 2, height: 1 }, 1, { x: 0, y: 0, width: 4, height: 4 })).toEqual({
      x: 0,
      y: 0,
      width: 3,
      height: 3,
    });
  });
});

describe('a whole scene', () => {
  const scene = { width: 40_000, height: 40_000 };
  const canvas = { width: 1000, height: 800 };

  it('is drawn from few tiles at every zoom', () => {
    for (const zoom of [0.02, 0.1, 0.5, 1, 8]) {
      const step = stepFor(zoom);
      const tiles = tilesSeen({ x: 20_000, y: 20_000, zoom, fit: false }, canvas, scene, step);
      expect(step * zoom).toBeGreaterThan(zoom >= 1 ? 0.99 : 0.5);
      expect(tiles.length).toBeLessThanOrEqual(24);
      expect(tiles.every(({ size }) => size.width <= TILE && size.height <= TILE)).toBe(true);
    }
  });

  it('ends with tiles of whole pixels', () => {
    const last = tileAt(78, 78, scene, 1);
    expect(last.window).toEqual({ x: 39_936, y: 39_936, width: 64, height: 64 });
    expect(tileAt(0, 0, { width: 1000, height: 700 }, 4).size).toEqual({ width: 250, height: 175 });
    expect(boxSeen({ x: -900, y: 10, zoom: 1, fit: false }, canvas, scene)).toBeNull();
  });

  it('has its chips where the grid has them', () => {
    expect(cellsOver({ x: 100, y: 0, width: 100, height: 10 }, 64, 64)).toEqual({ rows: [0, 0], cols: [1, 3] });
    const chip = { grid_row: 1, grid_col: 15, width: 64, height: 64 };
    expect(boxOfChip(chip, 64, { width: 1000, height: 1000 })).toEqual({ x: 936, y: 64, width: 64, height: 64 });
  });
});
