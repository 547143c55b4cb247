/** What the map is drawn of: its sources and layers, in the colours of a theme. */
import type { FeatureCollection } from 'geojson';
import type { StyleSpecification } from 'maplibre-gl';
import type { Palette } from './palette';

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };

/** Layers from the bottom up; tiles of scenes are put below `chips-fill`. */
export function layersOf(p: Palette): StyleSpecification['layers'] {
  const dashed = ['==', ['get', 'sure'], false] as never;
  const chosen = ['boolean', ['feature-state', 'chosen'], false] as never;
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': p.sea } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': p.land, 'fill-outline-color': p.coast } },
    { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': p.border, 'line-width': 1 } },
    { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': p.coast, 'line-width': 0.8 } },
    { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': p.grid, 'line-width': 1 } },
    { id: 'scenes-fill', type: 'fill', source: 'scenes', paint: { 'fill-color': p.scene, 'fill-opacity': 0.06 } },
    {
      id: 'chips-fill',
      type: 'fill',
      source: 'chips',
      paint: { 'fill-color': ['get', 'color'], 'fill-opacity': ['get', 'fill'] },
    },
    {
      id: 'chips-line',
      type: 'line',
      source: 'chips',
      paint: {
        'line-color': ['case', dashed, p.plain, ['get', 'color']],
        'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.5, 14, 1.4],
        'line-opacity': ['get', 'line'],
      },
    },
    {
      id: 'chips-chosen-fill',
      type: 'fill',
      source: 'chips',
      paint: { 'fill-color': p.chosen, 'fill-opacity': ['case', chosen, 0.22, 0] },
    },
    {
      id: 'chips-chosen-edge',
      type: 'line',
      source: 'chips',
      paint: { 'line-color': p.halo, 'line-width': 4, 'line-opacity': ['case', chosen, 0.8, 0] },
    },
    {
      id: 'chips-chosen',
      type: 'line',
      source: 'chips',
      paint: { 'line-color': p.chosen, 'line-width': 2.2, 'line-opacity': ['case', chosen, 1, 0] },
    },
    {
      id: 'chips-at',
      type: 'line',
      source: 'chips',
      filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': p.at, 'line-width': 2.5 },
    },
    {
      id: 'chips-hot',
      type: 'line',
      source: 'chips',
      filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': p.sceneHot, 'line-width': 2.5 },
    },
    { id: 'scenes-line', type: 'line', source: 'scenes', paint: { 'line-color': p.scene, 'line-width': 1.4 } },
    {
      id: 'scenes-hot',
      type: 'line',
      source: 'scenes',
      filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': p.sceneHot, 'line-width': 3 },
    },
    {
      id: 'scene-dots',
      type: 'circle',
      source: 'scene-dots',
      filter: ['==', ['get', 'id'], ''],
      paint: {
        'circle-color': p.scene,
        'circle-radius': 5,
        'circle-stroke-color': p.halo,
        'circle-stroke-width': 2,
      },
    },
  ];
}

export function styleOf(p: Palette): StyleSpecification {
  const empty = { type: 'geojson' as const, data: EMPTY };
  return {
    version: 8,
    sources: {
      land: { ...empty, maxzoom: 9, tolerance: 0.3 },
      borders: { ...empty, maxzoom: 9 },
      grid: empty,
      scenes: empty,
      'scene-dots': empty,
      chips: { ...empty, maxzoom: 18, tolerance: 0, buffer: 8, promoteId: 'id' },
    },
    layers: layersOf(p),
  };
}
