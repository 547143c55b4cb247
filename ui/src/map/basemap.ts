/** The bundled coastline: Natural Earth by npm world-atlas, so that the map needs no internet. */

import type { FeatureCollection, MultiLineString, Feature } from 'geojson';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldUrl from 'world-atlas/countries-50m.json?url';

export type World = { land: Feature | FeatureCollection; borders: Feature<MultiLineString> };

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
    land: feature(topology, topology.objects['land']!),
    borders: { type: 'Feature', properties: {}, geometry: mesh(topology, countries, (a, b) => a !== b) },
  };
}
