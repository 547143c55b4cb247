/** Layers of several scenes, as one choice. */

import type { Layer, SceneDetail } from '../lib/types';

/** Each scene's own first layer. */
export const OWN = '';

/** Layers of all scenes, each name once, in the order of the scenes' own lists. */
export function unionOfLayers(details: Iterable<SceneDetail>): Layer[] {
  const out = new Map<string, Layer>();
  for (const detail of details) for (const layer of detail.layers) if (!out.has(layer.name)) out.set(layer.name, layer);
  return [...out.values()];
}

/** The layer to draw of one scene; null where it has none of this name. */
export function layerFor(detail: SceneDetail, choice: string): string | null {
  if (choice === OWN) return detail.layers[0]?.name ?? null;
  return detail.layers.some((l) => l.name === choice) ? choice : null;
}
