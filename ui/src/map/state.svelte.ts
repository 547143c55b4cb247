/** What the map page knows: scenes, which are on, their layers, and the chips in view. */

import type { FeatureCollection, Geometry } from 'geojson';
import { absoluteUrl, asProblem, get, isAbort } from '../lib/api';
import type { Problem, SceneDetail, SceneRow } from '../lib/types';
import { type ChipFeatures, LIMIT, worthAsking } from './chips';
import type { Raster } from './engine';
import { type Box, contains, grown, intersects, union, zoomWhere } from './geo';
import { type Choice, layerFor, OWN, unionOfLayers } from './layers';

/** A scene is drawn from tiles once it is this many pixels wide; below, its outline says enough. */
const TILES_FROM_PIXELS = 24;
const MOST_RASTERS = 60;

export type ChipsState = 'none' | 'loading' | 'shown' | 'part' | 'too-many' | 'failed';

export class MapState {
  scenes = $state.raw<SceneRow[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  details = $state.raw<ReadonlyMap<string, SceneDetail>>(new Map());
  off = $state.raw<ReadonlySet<string>>(new Set());
  layer = $state(OWN);
  view = $state.raw<{ box: Box; zoom: number } | null>(null);
  chips = $state.raw<ChipFeatures | null>(null);
  chipsState = $state<ChipsState>('none');
  chipsProblem = $state.raw<Problem | null>(null);
  private asked: { box: Box; key: string } | null = null;
  private stopper: AbortController | null = null;
  private wanted = new Set<string>();

  placed = $derived((this.scenes ?? []).filter((s) => s.bbox !== null));
  placeless = $derived((this.scenes ?? []).filter((s) => s.bbox === null));
  layers: Choice[] = $derived(unionOfLayers(this.details.values()));

  async load(): Promise<void> {
    this.problem = null;
    try {
      this.scenes = await get<SceneRow[]>('/scenes');
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  extent(): Box | null {
    return union(this.placed.map((s) => s.bbox!));
  }

  toggle(id: string, on = this.off.has(id)): void {
    const next = new Set(this.off);
    if (on) next.delete(id);
    else next.add(id);
    this.off = next;
  }

  toggleAll(on: boolean): void {
    this.off = on ? new Set() : new Set(this.placed.map((s) => s.id));
  }

  /** Scenes that are on, in view, and large enough to be drawn; the finest on top. */
  visible(): SceneRow[] {
    const view = this.view;
    if (!view) return [];
    return this.placed
      .filter((s) => !this.off.has(s.id) && !s.problem && intersects(s.bbox!, view.box))
      .filter((s) => zoomWhere(s.bbox!, TILES_FROM_PIXELS) <= view.zoom)
      .sort((a, b) => (b.resolution ?? 0) - (a.resolution ?? 0) || (a.datetime ?? '').localeCompare(b.datetime ?? ''))
      .slice(-MOST_RASTERS);
  }

  /** Ask for what is needed to draw these scenes, once each. */
  async describe(scenes: readonly SceneRow[]): Promise<void> {
    const missing = scenes.filter((s) => !this.details.has(s.id) && !this.wanted.has(s.id));
    for (const s of missing) this.wanted.add(s.id);
    const found = await Promise.allSettled(missing.map((s) => get<SceneDetail>(`/scenes/${encodeURIComponent(s.id)}`)));
    const next = new Map(this.details);
    found.forEach((one, i) => {
      if (one.status === 'fulfilled') next.set(missing[i]!.id, one.value);
      else this.wanted.delete(missing[i]!.id);
    });
    if (next.size !== this.details.size) this.details = next;
  }

  rasters(): Raster[] {
    return this.visible().flatMap((s) => {
      const detail = this.details.get(s.id);
      const layer = detail ? layerFor(detail, this.layer) : null;
      if (!detail || layer === null) return [];
      return [{ id: s.id, tiles: tilesUrl(s.id, layer), box: s.bbox as Box, maxzoom: detail.maxzoom ?? 20 }];
    });
  }

  /** Whether a scene lacks the chosen layer. */
  lacksLayer(id: string): boolean {
    const detail = this.details.get(id);
    return detail !== undefined && layerFor(detail, this.layer) === null;
  }

  outlines(): FeatureCollection {
    return {
      type: 'FeatureCollection',
      features: this.placed
        .filter((s) => !this.off.has(s.id))
        .map((s) => ({
          type: 'Feature',
          bbox: s.bbox as Box,
          properties: { id: s.id },
          geometry: (s.geometry as Geometry | null) ?? boxPolygon(s.bbox as Box),
        })),
    };
  }

  /** Chips of the view: asked for where the former answer does not hold them. */
  async askChips(filter: string, task: string | null, again = false): Promise<void> {
    const view = this.view;
    if (!view) return;
    const key = JSON.stringify([filter, task]);
    const whole = this.chipsState === 'shown' && this.asked?.key === key;
    if (!again && whole && contains(this.asked!.box, view.box)) return;
    this.stopper?.abort();
    if (!worthAsking(this.placed, view.box)) {
      this.set(null, 'too-many');
      return;
    }
    const stopper = (this.stopper = new AbortController());
    const box = grown(view.box, 0.25);
    if (this.asked?.key !== key) this.chips = null;
    this.chipsState = 'loading';
    try {
      const query = { f: 'geojson', bbox: box.map((v) => v.toFixed(6)).join(','), limit: LIMIT, filter, task };
      const found = await get<ChipFeatures>('/chips', query, { signal: stopper.signal });
      this.asked = { box, key };
      this.set(found, (found.numberMatched ?? 0) > found.features.length ? 'part' : 'shown');
    } catch (error) {
      if (isAbort(error)) return;
      this.set(null, 'failed', asProblem(error));
    }
  }

  private set(chips: ChipFeatures | null, state: ChipsState, problem: Problem | null = null): void {
    this.chips = chips;
    this.chipsState = state;
    this.chipsProblem = problem;
  }
}

function tilesUrl(id: string, layer: string): string {
  const base = absoluteUrl(`/scenes/${encodeURIComponent(id)}/tiles/Z/X/Y`, { layer, size: 512 });
  return base.replace('/tiles/Z/X/Y', '/tiles/{z}/{x}/{y}');
}

function boxPolygon([w, s, e, n]: Box): Geometry {
  return {
    type: 'Polygon',
    coordinates: [
      [
        [w, s],
        [e, s],
        [e, n],
        [w, n],
        [w, s],
      ],
    ],
  };
}
