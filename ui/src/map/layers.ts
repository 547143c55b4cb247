/** Layers of several scenes, as one choice. */

import type { SceneDetail } from '../lib/types';

/** Each scene's own first layer. */
export const OWN = '';

export type Choice = { name: string; title: string };

/** Composites, single bands and indices of one scene; bands' own names are titles enough. */
export function choicesOf(detail: SceneDetail): Choice[] {
  const layers = detail.layers.map(({ name, title }) => ({ name, title }));
  return [...layers, ...detail.indices.map(({ name, title }) => ({ name, title: `${name}: ${title}` }))];
}

/** Those of all scenes, each name once, in the order of the scenes' own lists. */
export function unionOfLayers(details: Iterable<SceneDetail>): Choice[] {
  const out = new Map<string, Choice>();
  for (const detail of details) for (const one of choicesOf(detail)) if (!out.has(one.name)) out.set(one.name, one);
  return [...out.values()];
}

/** The layer to draw of one scene; null where it has none of this name. */
export function layerFor(detail: SceneDetail, choice: string): string | null {
  if (choice === OWN) return detail.layers[0]?.name ?? null;
  return choicesOf(detail).some((l) => l.name === choice) ? choice : null;
}
