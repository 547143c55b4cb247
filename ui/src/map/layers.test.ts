import { expect, it } from 'vitest';
import type { SceneDetail } from '../lib/types';
import { layerFor, OWN, unionOfLayers } from './layers';

function scene(...names: string[]): SceneDetail {
  const layers = names.map((name) => ({ name, title: name, bands: [name] }));
  return { layers, indices: [{ name: 'NDWI', title: 'Water', formula: '', bands: [] }] } as unknown as SceneDetail;
}

it('offers each layer and index once', () => {
  expect(unionOfLayers([scene('natural', 'nir'), scene('vv', 'natural')]).map((l) => l.name)).toEqual([
    'natural',
    'nir',
    'NDWI',
    'vv',
  ]);
});

it('draws a scene with its own layer, or not at all where it lacks the chosen one', () => {
  expect(layerFor(scene('vv'), OWN)).toBe('vv');
  expect(layerFor(scene('vv'), 'natural')).toBeNull();
  expect(layerFor(scene('vv'), 'NDWI')).toBe('NDWI');
  expect(layerFor(scene(), OWN)).toBeNull();
});
