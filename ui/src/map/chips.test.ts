import { expect, it } from 'vitest';
import type { SceneRow, SchemeClass } from '../lib/types';
import { type ChipFeatures, coloured, estimate, legend, worthAsking } from './chips';

const water: SchemeClass = { code: 1, name: 'water', title: 'Water', color: '#0000ff', not_applicable: false };

function chips(...classes: number[][]): ChipFeatures {
  return {
    type: 'FeatureCollection',
    features: classes.map((codes, i) => ({
      type: 'Feature',
      properties: { id: `s_0_0_${i}`, classes: codes, value: null, split: null, scene_id: 's' },
      geometry: { type: 'Polygon', coordinates: [] },
    })),
  };
}

it('estimates chips in view from the scenes', () => {
  const scene = { id: 's', chips: 100_000, bbox: [0, 0, 10, 10] } as unknown as SceneRow;
  expect(estimate([scene], [0, 0, 5, 10])).toBe(50_000);
  expect(worthAsking([scene], [0, 0, 10, 10])).toBe(false);
  expect(worthAsking([scene], [0, 0, 1, 1])).toBe(true);
});

it('colours by the largest class, plain where there is none or it is unknown', () => {
  const out = coloured(chips([1], [], [9]), (code) => (code === 1 ? water : undefined), '#999999');
  expect(out.features.map((f) => f.properties!['color'])).toEqual(['#0000ff', '#999999', '#999999']);
  expect(out.features.map((f) => f.properties!['sure'])).toEqual([true, false, false]);
});

it('counts what is in view for the legend', () => {
  const rows = legend(chips([1], [1], []), [water]);
  expect(rows.map((r) => [r.title, r.chips])).toEqual([
    ['Water', 2],
    ['Unlabelled', 1],
  ]);
});
