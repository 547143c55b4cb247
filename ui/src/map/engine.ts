/** MapLibre as the map page uses it: the base, scenes, chips and what the pointer meets. Loaded lazily. */

import 'maplibre-gl/dist/maplibre-gl.css';
import {
  Map as MapLibre,
  type GeoJSONSource,
  type MapGeoJSONFeature,
  type MapMouseEvent,
  type RasterTileSource,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { FeatureCollection } from 'geojson';
import { authHeaders } from '../lib/api';
import type { Problem } from '../lib/types';
import { world } from './basemap';
import { type Box, type View, zoomWhere } from './geo';
import { type Graticule, graticule } from './graticule';
import { palette, type Theme } from './palette';
import { EMPTY, layersOf, styleOf } from './style';

setWorkerUrl(workerUrl);

const DOT_PIXELS = 18;

/** One scene's tiles. */
export type Raster = { id: string; tiles: string; box: Box; maxzoom: number };

export type Hit = { kind: 'chip' | 'scene'; id: string; properties: Record<string, unknown>; x: number; y: number };

export type Listeners = {
  moved: (view: View, box: Box) => void;
  grid: (lines: Graticule) => void;
  pointer: (place: { lng: number; lat: number } | null) => void;
  hover: (hit: Hit | null) => void;
  click: (hit: Hit, event: MouseEvent) => void;
  /** Pressed twice; without it the map comes nearer. */
  twice?: (hit: Hit) => void;
  failed: (message: string) => void;
};

export const CANNOT_DRAW: Problem = {
  type: 'about:blank',
  status: 0,
  title: 'This browser cannot draw the map',
  detail: 'The map needs WebGL 2, which is switched off or missing here.',
  hint: 'Switch on hardware acceleration, or take another browser. Wall and table work without.',
};

/** Whether this browser can draw the map. */
export function canDraw(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}

export class WorkMap {
  readonly map: MapLibre;
  private rasters = new Map<string, Raster>();
  private chips: FeatureCollection = EMPTY;
  private hovered: string | null = null;
  private chosen = new Set<string>();
  private opacity = 1;
  private ready: Promise<void>;

  constructor(
    container: HTMLElement,
    theme: Theme,
    start: { view: View | null; box: Box | null },
    private on: Listeners,
  ) {
    this.map = new MapLibre({
      container,
      style: styleOf(palette(theme)),
      attributionControl: false,
      maxZoom: 22,
      renderWorldCopies: true,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: reducedMotion() ? 0 : 120,
      transformRequest: (url) => (url.startsWith(location.origin) ? { url, headers: authHeaders() } : { url }),
      ...(start.view
        ? { center: [start.view.lng, start.view.lat], zoom: start.view.zoom }
        : start.box
          ? { bounds: start.box, fitBoundsOptions: { padding: 48, maxZoom: 17 } }
          : { center: [10, 25], zoom: 1.2 }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
    this.ready = new Promise((resolve) => this.map.once('style.load', () => resolve()));
    this.listen();
    void this.ready.then(() => this.drawBase()).then(() => this.tellMove());
  }

  remove(): void {
    this.map.remove();
  }

  /** The colours of the other theme, without losing tiles. */
  async recolour(theme: Theme): Promise<void> {
    await this.ready;
    const now = palette(theme);
    for (const layer of layersOf(now)) {
      for (const [key, value] of Object.entries(layer.paint ?? {})) {
        if (this.map.getLayer(layer.id)) this.map.setPaintProperty(layer.id, key as never, value as never);
      }
    }
  }

  fly(box: Box | readonly number[]): void {
    const [w, s, e, n] = box as Box;
    this.map.fitBounds([w, s, e, n], { padding: 48, maxZoom: 18, duration: reducedMotion() ? 0 : 500 });
  }

  /** Outlines of scenes; `on` says which are switched on. */
  async setScenes(features: FeatureCollection): Promise<void> {
    await this.ready;
    const dots: FeatureCollection = {
      type: 'FeatureCollection',
      features: features.features.map((f) => {
        const [w, s, e, n] = f.bbox as Box;
        return {
          type: 'Feature',
          properties: { ...f.properties, small: zoomWhere([w, s, e, n], DOT_PIXELS) },
          geometry: { type: 'Point', coordinates: [(w + e) / 2, (s + n) / 2] },
        };
      }),
    };
    this.data('scenes', features);
    this.data('scene-dots', dots);
    this.dots();
  }

  /** The tiles to be shown, first at the bottom; those no longer named go. */
  async setRasters(rasters: readonly Raster[]): Promise<void> {
    await this.ready;
    const wanted = new Map(rasters.map((r) => [r.id, r]));
    for (const [id, former] of this.rasters) {
      const now = wanted.get(id);
      if (now?.tiles === former.tiles) continue;
      if (now) {
        this.map.getSource<RasterTileSource>(`tiles:${id}`)?.setTiles([now.tiles]);
        this.rasters.set(id, now);
      } else {
        this.map.removeLayer(`tiles:${id}`);
        this.map.removeSource(`tiles:${id}`);
        this.rasters.delete(id);
      }
    }
    for (const raster of rasters) if (!this.rasters.has(raster.id)) this.addRaster(raster);
  }

  /** Ask again for tiles: those that failed while the server was away are given up by the map itself. */
  async reload(): Promise<void> {
    await this.ready;
    for (const [id, raster] of this.rasters)
      this.map.getSource<RasterTileSource>(`tiles:${id}`)?.setTiles([raster.tiles]);
  }

  async setOpacity(opacity: number): Promise<void> {
    await this.ready;
    this.opacity = opacity;
    for (const id of this.rasters.keys()) this.map.setPaintProperty(`tiles:${id}`, 'raster-opacity', opacity);
  }

  /** Chips, each with `color` in its properties. */
  async setChips(chips: FeatureCollection, outlines: boolean): Promise<void> {
    await this.ready;
    this.chips = chips;
    this.data('chips', outlines ? chips : EMPTY);
  }

  /** Draw these chips as chosen, by their state: nothing is sent to the map anew. */
  async choose(ids: ReadonlySet<string>): Promise<void> {
    await this.ready;
    const set = (id: string, chosen: boolean): void =>
      void this.map.setFeatureState({ source: 'chips', id }, { chosen });
    for (const id of this.chosen) if (!ids.has(id)) set(id, false);
    for (const id of ids) if (!this.chosen.has(id)) set(id, true);
    this.chosen = new Set(ids);
  }

  /** The chip that the keyboard is at. */
  async point(id: string | null): Promise<void> {
    await this.ready;
    this.map.setFilter('chips-at', ['==', ['get', 'id'], id ?? '']);
  }

  get shownChips(): number {
    return this.chips.features.length;
  }

  /** Draw one scene's outline as if the pointer were on it. */
  async highlight(id: string | null): Promise<void> {
    await this.ready;
    this.map.setFilter('scenes-hot', ['==', ['get', 'id'], id ?? '']);
  }

  private addRaster(raster: Raster): void {
    const name = `tiles:${raster.id}`;
    this.map.addSource(name, {
      type: 'raster',
      tiles: [raster.tiles],
      tileSize: 512,
      bounds: raster.box,
      maxzoom: raster.maxzoom,
    });
    const paint = { 'raster-opacity': this.opacity, 'raster-fade-duration': reducedMotion() ? 0 : 120 };
    const sharp = { ...paint, 'raster-resampling': 'nearest' as const };
    this.map.addLayer({ id: name, type: 'raster', source: name, paint: sharp }, 'chips-fill');
    this.rasters.set(raster.id, raster);
  }

  private data(source: string, data: FeatureCollection | Graticule['lines']): void {
    this.map.getSource<GeoJSONSource>(source)?.setData(data);
  }

  private async drawBase(): Promise<void> {
    try {
      const { land, borders } = await world();
      this.map.getSource<GeoJSONSource>('land')?.setData(land);
      this.map.getSource<GeoJSONSource>('borders')?.setData(borders);
    } catch {
      // the scenes are still there without a coastline
    }
  }

  private box(): Box {
    const b = this.map.getBounds();
    return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
  }

  private dots(): void {
    this.map.setFilter('scene-dots', ['>', ['get', 'small'], this.map.getZoom()]);
  }

  private tellMove(): void {
    const centre = this.map.getCenter();
    this.on.moved({ zoom: this.map.getZoom(), lat: centre.lat, lng: centre.lng }, this.box());
    this.dots();
    this.grid();
  }

  private grid(): void {
    const lines = graticule(this.box());
    this.data('grid', lines.lines);
    this.on.grid(lines);
  }

  private listen(): void {
    const map = this.map;
    // said in the page too, for whoever drives it: nothing moves and all that is shown has come
    const busy = (): void => void (map.getContainer().dataset['idle'] = 'false');
    map.on('idle', () => (map.getContainer().dataset['idle'] = 'true'));
    map.on('movestart', busy);
    map.on('dataloading', busy);
    map.on('moveend', () => void this.ready.then(() => this.tellMove()));
    map.on('move', () => void this.ready.then(() => this.grid()));
    map.on('mousemove', (event) => {
      this.on.pointer({ lng: event.lngLat.lng, lat: event.lngLat.lat });
      this.hover(event);
    });
    map.on('mouseout', () => {
      this.on.pointer(null);
      this.over(null, null);
    });
    map.on('click', (event) => {
      const hit = this.hit(event);
      if (hit) this.on.click(hit, event.originalEvent);
    });
    map.on('dblclick', (event) => {
      const hit = this.on.twice && this.hit(event);
      if (!hit) return;
      event.preventDefault();
      this.on.twice?.(hit);
    });
    map.on('error', (event) => {
      const message = event.error?.message ?? '';
      if (message && !message.includes('abort')) this.on.failed(message);
    });
  }

  private hit(event: MapMouseEvent): Hit | null {
    const layers = ['chips-fill', 'scene-dots', 'scenes-fill'].filter((id) => this.map.getLayer(id));
    const found = this.map.queryRenderedFeatures(event.point, { layers });
    const chip = found.find((f) => f.source === 'chips');
    const feature: MapGeoJSONFeature | undefined = chip ?? found[0];
    if (!feature) return null;
    const properties = feature.properties as Record<string, unknown>;
    return {
      kind: chip ? 'chip' : 'scene',
      id: String(properties['id']),
      properties,
      x: event.point.x,
      y: event.point.y,
    };
  }

  private hover(event: MapMouseEvent): void {
    if (this.map.isMoving()) return;
    const hit = this.hit(event);
    this.over(hit, hit?.kind === 'chip' ? hit.id : null);
    this.map.getCanvas().style.cursor = hit ? 'pointer' : '';
  }

  private over(hit: Hit | null, chip: string | null): void {
    if (chip !== this.hovered && this.map.getLayer('chips-hot')) {
      this.hovered = chip;
      this.map.setFilter('chips-hot', ['==', ['get', 'id'], chip ?? '']);
    }
    this.on.hover(hit);
  }
}

function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
