/** Chips on the map: when to ask for them, and their colours. */

import type { Feature, FeatureCollection, Polygon } from 'geojson';
import type { SceneRow, SchemeClass } from '../lib/types';
import { type Box, share } from './geo';

export const LIMIT = 5000;
const ASK_UNDER = 20000;

export type ChipProperties = {
  id: string;
  classes: number[];
  value: string | null;
  split: string | null;
  scene_id: string;
};

export type ChipFeatures = FeatureCollection<Polygon, ChipProperties> & { numberMatched?: number };

/** How many chips the view may hold, from the scenes' own counts. */
export function estimate(scenes: readonly SceneRow[], box: Box): number {
  return scenes.reduce((sum, s) => sum + (s.bbox ? s.chips * share(s.bbox, box) : 0), 0);
}

/** Whether it makes sense to ask for chips in this view. */
export function worthAsking(scenes: readonly SceneRow[], box: Box): boolean {
  return estimate(scenes, box) <= ASK_UNDER;
}

/** The same features with what the style needs: colour, strength, whether the answer is a sure one. */
export function coloured(
  chips: ChipFeatures,
  classOf: (code: number) => SchemeClass | undefined,
  plain: string,
): FeatureCollection {
  return { type: 'FeatureCollection', features: chips.features.map((f) => paint(f, classOf, plain)) };
}

function paint(
  feature: Feature<Polygon, ChipProperties>,
  classOf: (code: number) => SchemeClass | undefined,
  plain: string,
): Feature {
  const { classes, value } = feature.properties;
  const first = classes.length ? classOf(classes[0]!) : undefined;
  const sure = first !== undefined && (value === null || value === 'positive');
  return {
    ...feature,
    properties: {
      ...feature.properties,
      color: first?.color ?? plain,
      sure,
      fill: sure ? 0.34 : first ? 0.08 : 0.02,
      line: first ? 0.95 : 0.5,
    },
  };
}

export type LegendRow = { code: number | null; title: string; color: string | null; chips: number };

/** Classes with their number of chips in view, unlabelled last. */
export function legend(chips: ChipFeatures | null, classes: readonly SchemeClass[]): LegendRow[] {
  const counts = new Map<number | null, number>();
  for (const f of chips?.features ?? []) {
    const code = f.properties.classes[0] ?? null;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const rows: LegendRow[] = classes.map((c) => ({
    code: c.code,
    title: c.title || c.name,
    color: c.color,
    chips: counts.get(c.code) ?? 0,
  }));
  return [...rows, { code: null, title: 'Unlabelled', color: null, chips: counts.get(null) ?? 0 }];
}
