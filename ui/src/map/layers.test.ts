import { expect, it } from 'vitest';
import type { SceneDetail } from '../lib/types';
import { layerFor, OWN, unionOfLayers } from './layers';

function scene(...names: string[]): SceneDetail {
  return { layers: names.map((name) => ({ name, title: name, bands: [name] })) } as unknown as SceneDetail;
}

it('offers each layer once', () => {
  expect(unionOfLayers([scene('natural', 'nir'), scene('vv', 'natural')]).map((l) => l.name)).toEqual([
    'natural',
    'nir',
    'vv',
  ]);
});

it('draws a scene with its own layer, or not at all where it lacks the chosen one', () => {
  expect(layerFor(scene('vv'), OWN)).toBe('vv');
  expect(layerFor(scene('vv'), 'natural')).toBeNull();
  expect(layerFor(scene(), OWN)).toBeNull();
});
