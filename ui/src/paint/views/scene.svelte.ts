/** A whole scene: its look, its tiles as they come, the chips in view with their labels. */
import {
  bandExpression,
  ChipPixels,
  MaskPixels,
  parseNpy,
  type Band,
  type Look,
  type Size,
  type View,
} from '../../canvas';
import { channelsOf, defaultChoice } from '../../chip/choice';
import { LookState } from '../../chip/look.svelte';
import { overlayColours } from '../../chip/overlays';
import { cqlText } from '../../scenes/words';
import { asProblem, bytes, get, isAbort } from '../../lib/api';
import type { ChipDetail, ChipPage, ChipRow, Problem, SceneDetail, SchemeClass } from '../../lib/types';
import { workspace } from '../../lib/workspace.svelte';
import type { Box } from '../contract';
import { boxOfChip, boxSeen, cellsOver, stepFor, tileAt, tilesSeen, type SceneTile } from './pyramid';

const MOST_TILES = 64;
const AT_ONCE = 4;
const MOST_CHIPS = 80;

export interface PlacedChip {
  row: ChipRow;
  box: Box;
  /** Labels in colours, at the chip's own size. */
  picture: HTMLCanvasElement | null;
}

export class SceneState extends LookState {
  scene = $state.raw<SceneDetail | null>(null);
  problem = $state.raw<Problem | null>(null);
  task = $state<string | null>(null);
  chips = $state.raw<readonly PlacedChip[]>([]);
  /** Counts up as tiles come. */
  arrived = $state(0);
  readonly size: Size = $derived({ width: this.scene?.scene.width ?? 1, height: this.scene?.scene.height ?? 1 });
  private readonly tiles = new Map<string, ChipPixels>();
  private readonly asked = new Map<string, AbortController>();
  private readonly pictures = new Map<string, HTMLCanvasElement>();
  private wanted: SceneTile[] = [];
  private flight = new AbortController();
  private cells = '';

  get classes(): readonly SchemeClass[] {
    return workspace.info?.tasks.find((one) => one.name === this.task)?.classes ?? workspace.info?.scheme ?? [];
  }

  /** Bands that the look needs: only these are fetched. */
  readonly needed: Band[] = $derived.by(() => {
    const at = [...new Set(this.channels.flatMap((channel) => channel.bands))].sort((a, b) => a - b);
    return at.map((band) => this.detail!.bands[band]!);
  });
  /** The look on tiles that have no other bands. */
  readonly tileLook: Look | null = $derived.by(() => {
    const { look, detail, source, needed } = this;
    if (!look || !detail || !source || !this.pixels || this.formulaError) return null; // no range is known yet
    const seen = { ...detail, bands: needed };
    const plain = this.channels.every((channel) => channel.root.kind === 'band');
    const channels = plain
      ? this.channels.map((channel) => {
          const { name } = detail.bands[channel.bands[0]!]!;
          return bandExpression(
            needed.findIndex((band) => band.name === name),
            name,
          );
        })
      : channelsOf(source, seen);
    return { ...look, channels, interpolation: 'nearest' };
  });

  async open(id: string, task: string | null): Promise<void> {
    this.close();
    const flight = (this.flight = new AbortController());
    this.task = task;
    this.problem = null;
    try {
      const scene = await get<SceneDetail>(`/scenes/${encodeURIComponent(id)}`);
      if (flight.signal.aborted) return;
      this.scene = scene;
      // panels of a look ask for a chip's layers: a scene has the same
      this.detail = { ...scene, chip: { id: scene.scene.id } } as unknown as ChipDetail;
      this.choice = { ...defaultChoice(scene), smooth: false };
      const step = stepFor(512 / Math.max(scene.scene.width, scene.scene.height, 512));
      const whole = tileAt(0, 0, scene.scene, step);
      this.pixels = await this.fetch(whole, scene.bands, flight.signal);
    } catch (error) {
      if (!flight.signal.aborted && !isAbort(error)) this.problem = asProblem(error);
    }
  }

  close(): void {
    this.flight.abort();
    for (const one of this.asked.values()) one.abort();
    this.asked.clear();
    this.tiles.clear();
    this.pictures.clear();
    this.scene = this.detail = this.pixels = null;
    this.chips = [];
    this.cells = '';
  }

  async refresh(): Promise<void> {
    if (this.scene) await this.open(this.scene.scene.id, this.task);
  }

  /** What can be drawn now, coarse tiles first; asks for what is lacking. */
  seen(view: View, canvas: Size, ratio: number): { tile: SceneTile; pixels: ChipPixels; key: string }[] {
    const step = stepFor(view.zoom * ratio);
    const bands = this.needed.map((band) => band.name).join();
    const out: { tile: SceneTile; pixels: ChipPixels; key: string }[] = [];
    const levels = [8 * step, 4 * step, 2 * step, step];
    for (const level of levels)
      for (const tile of tilesSeen(view, canvas, this.size, level)) {
        const key = `${tile.key} ${bands}`;
        const pixels = this.tiles.get(key);
        if (!pixels) continue;
        this.tiles.delete(key);
        this.tiles.set(key, pixels); // the last used is the last to go
        out.push({ tile, pixels, key });
      }
    const fine = tilesSeen(view, canvas, this.size, step);
    const coarse = tilesSeen(view, canvas, this.size, 4 * step);
    this.wanted = [...coarse, ...fine].filter((tile) => !this.tiles.has(`${tile.key} ${bands}`));
    const due = new Set(this.wanted.map((tile) => `${tile.key} ${bands}`));
    for (const [key, stop] of this.asked) if (!due.has(key)) stop.abort(); // it has gone out of sight
    this.pump();
    return out;
  }

  private pump(): void {
    const { needed } = this;
    const bands = needed.map((band) => band.name).join();
    while (this.asked.size < AT_ONCE) {
      const tile = this.wanted.find((one) => !this.asked.has(`${one.key} ${bands}`));
      if (!tile) return;
      this.wanted = this.wanted.filter((one) => one !== tile);
      const key = `${tile.key} ${bands}`;
      const stop = new AbortController();
      this.asked.set(key, stop);
      this.fetch(tile, needed, stop.signal)
        .then((pixels) => {
          this.tiles.set(key, pixels);
          while (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value as string);
          this.arrived += 1;
        })
        .catch((error: unknown) => {
          if (!isAbort(error) && !this.flight.signal.aborted) this.pixelsProblem = asProblem(error);
        })
        .finally(() => {
          this.asked.delete(key);
          if (!this.flight.signal.aborted) this.pump();
        });
    }
  }

  private async fetch(tile: SceneTile, bands: readonly Band[], signal: AbortSignal): Promise<ChipPixels> {
    const { x, y, width, height } = tile.window;
    const way = `/scenes/${encodeURIComponent(this.scene!.scene.id)}`;
    const query = { window: [x, y, width, height].join(), size: [tile.size.width, tile.size.height].join() };
    const named = { ...query, bands: bands.map((band) => band.name).join() };
    const [values, valid] = await Promise.all([
      bytes(`${way}/pixels`, named, { signal }),
      bytes(`${way}/valid`, query, { signal }),
    ]);
    return new ChipPixels(parseNpy(values), bands, parseNpy(valid).data as Uint8Array);
  }

  /** The chips in view and their labels, where they are few enough to be told apart. */
  async look_(view: View, canvas: Size): Promise<void> {
    const grid = workspace.info?.grid;
    const box = boxSeen(view, canvas, this.size);
    const { scene, flight, task } = this;
    if (!grid || !box || !scene) return;
    const { rows, cols } = cellsOver(box, grid.stride, grid.chip_size);
    const cells = [task, scene.scene.id, ...rows, ...cols].join();
    if (cells === this.cells) return;
    this.cells = cells;
    if ((rows[1] - rows[0] + 1) * (cols[1] - cols[0] + 1) > MOST_CHIPS) {
      this.chips = [];
      return;
    }
    const filter =
      `scene_id = ${cqlText(scene.scene.id)} AND level = 0 AND row BETWEEN ${rows[0]} AND ${rows[1]}` +
      ` AND col BETWEEN ${cols[0]} AND ${cols[1]}`;
    try {
      const page = await get<ChipPage>('/chips', { filter, task, limit: 2 * MOST_CHIPS });
      if (flight.signal.aborted || cells !== this.cells) return;
      const place = (row: ChipRow) => boxOfChip(row, grid.stride, this.size);
      const picture = (row: ChipRow) => this.pictures.get(row.id) ?? null;
      this.chips = page.chips.map((row) => ({ row, box: place(row), picture: picture(row) }));
      for (const { row } of this.chips) {
        if (flight.signal.aborted || cells !== this.cells) return;
        if (!row.label || !task || this.pictures.has(row.id)) continue;
        await this.paint(row, task, flight.signal);
        this.chips = this.chips.map((one) => (one.row.id === row.id ? { ...one, picture: picture(row) } : one));
      }
    } catch {
      this.cells = ''; // a help only: the next move asks again
    }
  }

  private async paint(row: ChipRow, task: string, signal: AbortSignal): Promise<void> {
    const query = { task, f: 'npy', flags: false };
    const mask = new MaskPixels(parseNpy(await bytes(`/chips/${encodeURIComponent(row.id)}/mask`, query, { signal })));
    const colours = new Uint32Array(overlayColours('class', this.classes, []).slice().buffer);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [mask.cols, mask.rows];
    const copy = canvas.getContext('2d', { willReadFrequently: true })!;
    const image = copy.createImageData(mask.cols, mask.rows);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) out[i] = mask.data[i] === 255 ? 0 : colours[mask.data[i]!]!;
    copy.putImageData(image, 0, 0);
    this.pictures.set(row.id, canvas);
  }
}
