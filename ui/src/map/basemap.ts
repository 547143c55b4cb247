/** The bundled coastline: Natural Earth by npm world-atlas, so that the map needs no internet. */

import type { Feature, FeatureCollection, Geometry, MultiLineString } from 'geojson';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { unwrapRing } from './geo';
import worldUrl from 'world-atlas/countries-50m.json?url';

export type World = { land: FeatureCollection; borders: Feature<MultiLineString> };

let cached: Promise<World> | null = null;

/** Land and borders as GeoJSON; loaded once. */
export function world(): Promise<World> {
  cached ??= load().catch((error: unknown) => {
    cached = null;
    throw error;
  });
  return cached;
}

async function load(): Promise<World> {
  const [{ feature, mesh }, response] = await Promise.all([import('topojson-client'), fetch(worldUrl)]);
  if (!response.ok) throw new Error(`coastline: ${response.status}`);
  const topology = (await response.json()) as Topology;
  const countries = topology.objects['countries'] as GeometryCollection;
  return {
    land: whole(feature(topology, topology.objects['land']!)),
    borders: { type: 'Feature', properties: {}, geometry: mesh(topology, countries, (a, b) => a !== b) },
  };
}

function whole(land: Feature | FeatureCollection): FeatureCollection {
  const features = land.type === 'Feature' ? [land] : land.features;
  return { type: 'FeatureCollection', features: features.map((f) => ({ ...f, geometry: mended(f.geometry) })) };
}

function mended(geometry: Geometry): Geometry {
  if (geometry.type === 'Polygon') return { ...geometry, coordinates: geometry.coordinates.map(unwrapRing) };
  if (geometry.type !== 'MultiPolygon') return geometry;
  return { ...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(unwrapRing)) };
}
