/** The state of the editor of outlines: chip and task, the scene around it, what is in hand, which keys do what. */
import { settle, zoomAt, panBy, type Size, type View } from '../canvas';
import { loadDetail } from '../chip/load';
import { asProblem, get } from '../lib/api';
import { count, plural } from '../lib/format';
import { sentenceOf } from '../lib/problem';
import { go, hrefOf } from '../lib/router.svelte';
import { recall, remember } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import type { ChipDetail, ImportReport, Problem, ShapeImport, ShapesChanged } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { type Chosen, type Command, keyOf, sound } from '../paint/commands';
import type { Box, Point } from '../paint/contract';
import { nextChip } from '../paint/next';
import { SceneState } from '../paint/views/scene.svelte';
import { commandsOf } from './commands';
import { Hand } from './hand.svelte';
import { ShapeLayer } from './layer';
import { Outlines } from './outlines.svelte';
import { moveBy, type Bounds, type Shape } from './shape';

const FIT: View = { x: 0, y: 0, zoom: 1, fit: true };
const FRAME = 0.86;

export class OutlineEditor {
  readonly whole = new SceneState();
  detail = $state.raw<ChipDetail | null>(null);
  outlines = $state.raw<Outlines | null>(null);
  problem = $state.raw<Problem | null>(null);
  view = $state.raw<View>(FIT);
  size = $state.raw<Size>({ width: 0, height: 0 });
  shown = $state(true);
  fill = $state(Number(recall('outline fill') ?? 0.25));
  panels = $state(recall('outline panels') !== 'closed');
  listing = $state(false);
  seeking = $state(false);
  imports = $state.raw<readonly ShapeImport[]>([]);
  /** The import that is moved; null: what is selected. */
  layerId = $state<string | null>(null);
  chosen = $state.raw<Chosen>({});
  chipId = $state('');
  taskName = $state('');
  readonly layer = new ShapeLayer((box) => this.outlines?.meets(box) ?? []);
  /** Counts up when shapes are to be drawn anew. */
  spoiled = $state(0);
  readonly hand: Hand;
  private readonly visited: string[] = [];

  readonly task = $derived(workspace.info?.tasks.find((one) => one.name === this.taskName) ?? null);
  readonly classes = $derived(
    (this.task?.classes ?? workspace.info?.scheme ?? []).filter((one) => !one.not_applicable),
  );
  readonly colours = $derived(new Map((this.task?.classes ?? []).map((one) => [one.code, one.color])));
  readonly seen: View | null = $derived(
    this.size.width && this.whole.scene ? settle(this.view, this.whole.size, this.size) : null,
  );
  readonly box: Box | null = $derived(this.outlines && this.detail ? this.outlines.boxOf(this.detail.chip) : null);
  readonly commands: readonly Command[] = $derived(commandsOf(this));

  constructor() {
    this.hand = new Hand({
      get: (id) => this.outlines?.get(id) ?? null,
      meets: (box) => (this.shown ? (this.outlines?.meets(box) ?? []) : []),
      apply: (changes) => this.outlines?.apply(changes),
      lift: (ids) => this.lift(ids),
      zoom: () => this.seen?.zoom ?? 1,
      chip: () => this.chipId,
      walked: (at) => this.reveal(at),
      shifted: (dx, dy) => void this.shift(this.onMap(dx, dy)),
    });
    try {
      this.chosen = sound(commandsOf(this), JSON.parse(recall('outline keys') ?? '{}') as Chosen);
    } catch {
      /* nobody's keys can be read: the usual ones */
    }
  }

  readonly keyFor = (id: string): string => {
    const command = this.commands.find((one) => one.id === id);
    return command ? keyOf(command, this.chosen) : '';
  };

  setKeys(chosen: Chosen): void {
    this.chosen = sound(this.commands, chosen);
    remember('outline keys', JSON.stringify(this.chosen));
  }

  colour(code: number): string {
    return this.colours.get(code) ?? '#9aa5b1';
  }

  /** Another chip or task. On the same scene the shapes stay. */
  async open(chipId: string, task: string): Promise<void> {
    if (this.chipId === chipId && this.taskName === task && !this.problem) return;
    this.chipId = chipId;
    this.taskName = task;
    this.problem = null;
    if (this.visited.at(-1) !== chipId) this.visited.push(chipId);
    this.hand.take(this.hand.kind);
    this.hand.select([]);
    const last = Number(recall(`outline class ${task}`) ?? NaN);
    const held = this.classes.find((one) => one.code === last) ?? this.classes[0];
    if (held) this.hand.code = held.code;
    try {
      const detail = await loadDetail(chipId);
      if (this.chipId !== chipId || this.taskName !== task) return;
      const scene = detail.chip.scene_id;
      if (this.whole.scene?.scene.id !== scene) await this.whole.open(scene, null);
      if (this.chipId !== chipId || this.taskName !== task) return;
      if (!this.whole.scene) {
        this.problem = this.whole.problem;
        return;
      }
      this.detail = detail;
      this.outlines?.close();
      const outlines = new Outlines(task, scene, detail.chip, this.whole.size, (where) => this.spoil(where));
      this.outlines = outlines;
      this.spoil(null);
      this.toChip();
      await outlines.open();
      this.problem = outlines.problem;
      await this.bringImports();
    } catch (error) {
      if (this.chipId === chipId) this.problem = asProblem(error);
    }
  }

  close(): void {
    this.hand.flush();
    this.outlines?.close();
    this.whole.close();
  }

  spoil(where: Bounds | null): void {
    this.layer.spoil(where);
    this.spoiled++;
  }

  private lift(ids: readonly string[]): void {
    for (const id of new Set([...ids, ...this.layer.lifted])) {
      const shape = this.outlines?.get(id);
      if (shape) this.spoil(shape.bounds);
    }
    this.layer.lifted = new Set(ids);
  }

  // --- looking ------------------------------------------------------------------------------------------------------

  toChip(): void {
    const { box, size } = this;
    if (!box || !size.width) return void (this.view = FIT);
    const zoom = FRAME * Math.min(size.width / box.width, size.height / box.height);
    this.view = { x: box.x + box.width / 2, y: box.y + box.height / 2, zoom, fit: false };
  }

  zoom(factor: number): void {
    const { seen, size } = this;
    if (seen) this.view = zoomAt(seen, factor, { x: size.width / 2, y: size.height / 2 }, this.whole.size, size);
  }

  pan(dx: number, dy: number): void {
    if (this.seen) this.view = panBy(this.seen, -dx * 80, -dy * 80, this.whole.size);
  }

  /** Moved so that a place is seen. */
  reveal(at: Point): void {
    const { seen, size } = this;
    if (!seen) return;
    const outX = Math.abs(at.x - seen.x) * seen.zoom > size.width / 2 - 16;
    const outY = Math.abs(at.y - seen.y) * seen.zoom > size.height / 2 - 16;
    if (outX || outY) this.view = { ...seen, fit: false, x: outX ? at.x : seen.x, y: outY ? at.y : seen.y };
  }

  setFill(fill: number): void {
    this.fill = fill;
    remember('outline fill', String(fill));
    this.spoil(null);
  }

  turnPanels(): void {
    this.panels = !this.panels;
    remember('outline panels', this.panels ? 'open' : 'closed');
  }

  // --- selecting by keys --------------------------------------------------------------------------------------------

  /** The next shape of those in view, row by row. */
  step(by: number): void {
    const { seen, size, outlines, hand } = this;
    if (!seen || !outlines) return;
    const [w, h] = [size.width / seen.zoom / 2, size.height / seen.zoom / 2];
    const found = outlines.meets([seen.x - w, seen.y - h, seen.x + w, seen.y + h]);
    const key = ({ bounds: [left, top] }: Shape): number => Math.round(top) * 1e6 + left;
    found.sort((a, b) => key(a) - key(b));
    if (found.length === 0) return;
    const now = found.findIndex((one) => hand.selection.has(one.id));
    const next = now < 0 ? (by > 0 ? 0 : found.length - 1) : (now + by + found.length) % found.length;
    hand.take('select');
    hand.select([found[next]!.id]);
  }

  /** An arrow key: what is selected, the place that is drawn at, or the view. */
  arrow(dx: number, dy: number): void {
    const { hand, seen } = this;
    if (hand.arrow(dx, dy)) return;
    const draws = hand.kind !== 'select' && hand.kind !== 'shift';
    if (draws && seen) hand.place(seen);
    else this.pan(dx, dy);
  }

  press(): void {
    const { hand, seen } = this;
    if (!hand.cell && seen) hand.place(hand.pointer ?? seen);
    hand.press();
  }

  setCode(code: number, selected?: boolean): void {
    this.hand.setCode(code, selected);
    remember(`outline class ${this.taskName}`, String(code));
  }

  // --- going on -----------------------------------------------------------------------------------------------------

  async next(): Promise<void> {
    if (this.seeking) return;
    const { chipId, taskName } = this;
    this.seeking = true;
    try {
      const found = await nextChip(taskName, chipId, new Set(this.visited));
      if (this.chipId !== chipId) return;
      if (found) go(hrefOf(['outline', found.chip], { task: taskName }));
      else toast('Every chip of this list has an outline by now.', { stay: 3000 });
    } catch {
      toast('The next chip could not be asked for. Try again.', { kind: 'warn' });
    } finally {
      this.seeking = false;
    }
  }

  // --- whole layers -------------------------------------------------------------------------------------------------

  private async bringImports(): Promise<void> {
    const all = await get<ShapeImport[]>('/shapes/imports', { task: this.taskName });
    this.imports = all.filter((one) => one.scene === this.outlines?.scene);
    if (!this.imports.some((one) => one.id === this.layerId)) this.layerId = this.imports[0]?.id ?? null;
  }

  /** A step in pixels in units of the scene's CRS; in pixels where it has none. */
  onMap(dx: number, dy: number): Point {
    const [a, b, , d, e] = this.detail?.transform ?? [1, 0, 0, 0, 1, 0];
    return this.unit === 'pixels' ? { x: dx, y: dy } : { x: a! * dx + b! * dy, y: d! * dx + e! * dy };
  }

  get unit(): string {
    const crs = this.whole.scene?.scene.crs;
    if (!crs) return 'pixels';
    return /4326|4258|4269|CRS84/.test(crs) ? 'degrees' : 'map units';
  }

  /** Shapes that a shift moves. */
  layerShapes(): Shape[] {
    const { outlines, layerId, hand } = this;
    if (layerId && outlines) return [...outlines.all()].filter((one) => one.source === layerId);
    return hand.chosen();
  }

  /** Of those in view some, where the layer would come to lie. */
  moved(most: number): Shape[] {
    const { offset } = this.hand;
    const { seen, size, outlines } = this;
    if (!offset || !seen || !outlines) return [];
    const [w, h] = [size.width / seen.zoom / 2, size.height / seen.zoom / 2];
    const found = outlines.meets([seen.x - w, seen.y - h, seen.x + w, seen.y + h]);
    const those = found.filter((one) => (this.layerId ? one.source === this.layerId : this.hand.selection.has(one.id)));
    return those.slice(0, most).map((one) => moveBy(one, offset.x, offset.y));
  }

  async shift({ x, y }: Point): Promise<void> {
    const { outlines, layerId } = this;
    if (!outlines || (x === 0 && y === 0)) return;
    const what = layerId ? { import: layerId } : { ids: [...this.hand.selection] };
    const body = { task: this.taskName, scene: outlines.scene, dx: x, dy: y, ...what };
    await this.server(async () => {
      const told = await outlines.ask<ShapesChanged>('/shapes/shift', body);
      return `${plural(told.created, 'shape')} moved. Undo takes it back.`;
    });
  }

  async repair(ids?: readonly string[]): Promise<void> {
    const { outlines } = this;
    if (!outlines) return;
    this.hand.flush();
    const body = { task: this.taskName, scene: outlines.scene, ...(ids ? { ids } : {}) };
    await this.server(async () => {
      const told = await outlines.ask<ShapesChanged>('/shapes/repair', body);
      const left = told.left?.length ? ` ${plural(told.left.length, 'shape')} could not be.` : '';
      return `${plural(told.created, 'shape')} repaired.${left}`;
    });
  }

  async bringIn(file: File): Promise<void> {
    const { outlines } = this;
    if (!outlines) return;
    await this.server(async () => {
      const query = { task: this.taskName, name: file.name };
      const told = await outlines.ask<ImportReport>('/shapes/import', file, query);
      await this.bringImports();
      const crossing = told.crossing?.length ? ` ${plural(told.crossing.length, 'outline')} cross themselves.` : '';
      return told.created === 0 && told.known > 0
        ? `${file.name}: ${count(told.known)} shapes were here already.`
        : `${file.name}: ${plural(told.created, 'shape')} brought in.${crossing} Undo takes it back.`;
    });
  }

  async rasterise(to: string): Promise<void> {
    const { outlines } = this;
    if (!outlines) return;
    const body = { task: this.taskName, to, scene: outlines.scene, all_touched: false, line_width: 1, point_size: 1 };
    await this.server(async () => {
      const told = await outlines.ask<ShapesChanged>('/shapes/rasterise', body);
      return `Drawn into ${to}: ${plural(told.created, 'mask')}, ${count(told.known ?? 0)} as before.`;
    }, false);
  }

  async vectorise(of: string): Promise<void> {
    const { outlines } = this;
    if (!outlines) return;
    const body = { of, task: this.taskName, scene: outlines.scene };
    await this.server(async () => {
      const told = await outlines.ask<ShapesChanged>('/shapes/vectorise', body);
      return `${of} traced: ${plural(told.created, 'shape')}, ${count(told.known ?? 0)} as before. Undo takes it back.`;
    });
  }

  private async server(run: () => Promise<string>, again = true): Promise<void> {
    try {
      toast(await run(), { stay: 4000 });
      if (again) await this.bringImports();
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
    }
  }
}
