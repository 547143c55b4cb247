/** A whole scene: its look, its tiles as they come, the chips in view with their labels. */
import { bandExpression, MaskPixels, parseNpy, type Band, type Look, type Size, type View } from '../../canvas';
import { channelsOf, defaultChoice } from '../../chip/choice';
import { LookState } from '../../chip/look.svelte';
import { overlayColours } from '../../chip/overlays';
import { cqlText } from '../../scenes/words';
import { asProblem, bytes, get, isAbort } from '../../lib/api';
import type { ChipDetail, ChipPage, ChipRow, Problem, SceneDetail, SchemeClass } from '../../lib/types';
import { workspace } from '../../lib/workspace.svelte';
import type { Box } from '../contract';
import { boxOfChip, boxSeen, cellsOver, stepFor, tileAt } from './pyramid';
import { SceneTiles, type Drawn } from './scenetiles.svelte';

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
  readonly size: Size = $derived({ width: this.scene?.scene.width ?? 1, height: this.scene?.scene.height ?? 1 });
  private readonly pictures = new Map<string, HTMLCanvasElement>();
  private flight = new AbortController();
  private cells = '';
  /** Chips of which the picture of their labels may be old. */
  private readonly old = new Set<string>();

  /** Views of the same scene share what they have fetched. */
  constructor(private readonly tiles = new SceneTiles()) {
    super();
  }

  /** Counts up as tiles come. */
  get arrived(): number {
    return this.tiles.arrived;
  }

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
      this.tiles.open(id, scene.scene);
      // panels of a look ask for a chip's layers: a scene has the same
      this.detail = { ...scene, crs: scene.scene.crs, chip: { id: scene.scene.id } } as unknown as ChipDetail;
      this.choice = { ...defaultChoice(scene), smooth: false };
      const step = stepFor(512 / Math.max(scene.scene.width, scene.scene.height, 512));
      const whole = tileAt(0, 0, scene.scene, step);
      this.pixels = await this.tiles.fetch(whole, scene.bands, flight.signal);
    } catch (error) {
      if (!flight.signal.aborted && !isAbort(error)) this.problem = asProblem(error);
    }
  }

  close(): void {
    this.flight.abort();
    this.tiles.close();
    this.pictures.clear();
    this.old.clear();
    this.scene = this.detail = this.pixels = null;
    this.chips = [];
    this.cells = '';
  }

  async refresh(): Promise<void> {
    if (this.scene) await this.open(this.scene.scene.id, this.task);
  }

  /** Another view of the same scene, to be looked at in its own way. */
  beside(): SceneState {
    const other = new SceneState(this.tiles);
    other.task = this.task;
    other.scene = this.scene;
    other.detail = this.detail;
    other.pixels = this.pixels;
    other.choice = this.choice;
    return other;
  }

  /** What can be drawn now, coarse tiles first; asks for what is lacking. */
  seen(view: View, canvas: Size, ratio: number): Drawn[] {
    return this.tiles.seen(this, this.needed, view, canvas, ratio);
  }

  /** It is looked at no more; the scene stays open for its other views. */
  leave(): void {
    this.tiles.want(this, []);
  }

  /** Labels may have changed: they are asked for again, and shown as they were until then. */
  relabel(view: View, canvas: Size): void {
    for (const id of this.pictures.keys()) this.old.add(id);
    this.cells = '';
    void this.look_(view, canvas);
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
      const picture = (row: ChipRow) => (row.label ? (this.pictures.get(row.id) ?? null) : null);
      this.chips = page.chips.map((row) => ({ row, box: place(row), picture: picture(row) }));
      for (const { row } of this.chips) {
        if (flight.signal.aborted || cells !== this.cells) return;
        if (!row.label || !task || (this.pictures.has(row.id) && !this.old.has(row.id))) continue;
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
    this.old.delete(row.id);
  }
}
