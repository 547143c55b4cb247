/** The state of the editor of outlines: chip and task, the scene around it, what is in hand, which keys do what. */
import { panBy, type Size, type View, zoomAt } from '../canvas';
import { isGeographic } from '../chip/figures';
import { loadDetail } from '../chip/load';
import { EditorState } from '../editor/state.svelte';
import { asProblem } from '../lib/api';
import { go, hrefOf } from '../lib/router.svelte';
import { recall, remember } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import type { ChipDetail, Problem } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import type { Command } from '../paint/commands';
import type { Box, Point } from '../paint/contract';
import { nextChip } from '../paint/next';
import { pickAt, type Bench } from './bench';
import { commandsOf } from './commands';
import { Hand } from './hand.svelte';
import { boxOf, ShapeLayer } from './layer';
import { Layers } from './layers.svelte';
import type { Marks } from './marks';
import { Outlines } from './outlines.svelte';
import { moveBy, type Bounds, type Shape } from './shape';
import { SceneViews } from './views.svelte';

/** Share of the view that the chip takes at first. */
const FRAME = 0.86;
/** Moved copies of a layer that are drawn while it is dragged. */
const MOST_MOVED = 1500;

/** How often it is told where the pointer is. */
const TOLD_MS = 120;

export class OutlineEditor extends EditorState {
  readonly views = new SceneViews();
  detail = $state.raw<ChipDetail | null>(null);
  outlines = $state.raw<Outlines | null>(null);
  problem = $state.raw<Problem | null>(null);
  shown = $state(true);
  fill = $state(Number(recall('outline fill') ?? 0.25));
  /** Under the pointer, in any of the views; some times a second. */
  pointed = $state.raw<Point | null>(null);
  private telling: ReturnType<typeof setTimeout> | undefined;
  private under: Point | null = null;
  chipId = $state('');
  taskName = $state('');
  readonly layer = new ShapeLayer((box) => this.outlines?.meets(box) ?? []);
  /** Counts up when shapes are to be drawn anew. */
  spoiled = $state(0);
  private readonly bench: Bench = {
    get: (id) => this.outlines?.get(id) ?? null,
    meets: (box) => (this.shown ? (this.outlines?.meets(box) ?? []) : []),
    apply: (changes) => this.outlines?.apply(changes),
    lift: (ids) => this.lift(ids),
    zoom: () => this.views.seen?.zoom ?? 1,
    walked: (at) => this.reveal(at),
    shifted: (dx, dy) => void this.layers.shift(this.onMap(dx, dy)),
  };
  readonly hand = new Hand(this.bench);
  readonly layers = new Layers(
    () => this.outlines,
    () => [...this.hand.picked.selection],
  );
  private readonly visited: string[] = [];
  private framed: View | null = null;

  readonly task = $derived(workspace.info?.tasks.find((one) => one.name === this.taskName) ?? null);
  readonly classes = $derived(
    (this.task?.classes ?? workspace.info?.scheme ?? []).filter((one) => !one.not_applicable),
  );
  readonly colours = $derived(new Map((this.task?.classes ?? []).map((one) => [one.code, one.color])));
  readonly box: Box | null = $derived(this.outlines?.homes.box ?? null);
  override readonly commands: readonly Command[] = $derived(commandsOf(this));

  constructor() {
    super('outline');
    this.recallKeys();
  }

  readonly colour = (code: number): string => this.colours.get(code) ?? '#9aa5b1';

  /** Another chip or task. On the same scene its tiles stay. */
  async open(chipId: string, task: string): Promise<void> {
    if (this.chipId === chipId && this.taskName === task && !this.problem) return;
    this.hand.take(this.hand.kind); // what is under way is said of the chip that it was done on
    this.chipId = chipId;
    this.taskName = task;
    this.problem = null;
    if (this.visited.at(-1) !== chipId) this.visited.push(chipId);
    this.hand.picked.select([]);
    const last = Number(recall(`outline class ${task}`) ?? NaN);
    const held = this.classes.find((one) => one.code === last) ?? this.classes[0];
    if (held) this.hand.code = held.code;
    const due = (): boolean => this.chipId === chipId && this.taskName === task;
    try {
      const detail = await loadDetail(chipId);
      if (due()) await this.enter(detail, task, due);
    } catch (error) {
      if (due()) this.problem = asProblem(error);
    }
  }

  private async enter(detail: ChipDetail, task: string, due: () => boolean): Promise<void> {
    const { whole } = this.views;
    const scene = detail.chip.scene_id;
    const another = whole.scene?.scene.id !== scene;
    if (another) {
      this.views.close();
      this.views.resize(1);
      await whole.open(scene, null);
    }
    if (!due()) return;
    if (!whole.scene) {
      this.problem = whole.problem;
      return;
    }
    this.views.start(task);
    this.detail = detail;
    this.outlines?.close();
    const outlines = new Outlines(task, scene, detail.chip, whole.size, (where) => this.spoil(where));
    this.outlines = outlines;
    this.spoil(null);
    this.toChip();
    await outlines.open();
    if (!due()) return;
    this.problem = outlines.problem;
    await this.layers.refresh();
  }

  close(): void {
    clearTimeout(this.telling);
    this.hand.picked.flush();
    this.outlines?.close();
    this.views.close();
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

  /** The views are as large as this now; nobody has moved them yet: the chip fills them. */
  fit(size: Size): void {
    const plain = this.views.cell.width === 0 || this.views.view === this.framed;
    this.views.cell = size;
    if (plain) this.toChip();
  }

  toChip(): void {
    const { box } = this;
    const { cell } = this.views;
    if (!box || !cell.width) return;
    const zoom = FRAME * Math.min(cell.width / box.width, cell.height / box.height);
    this.views.view = this.framed = { x: box.x + box.width / 2, y: box.y + box.height / 2, zoom, fit: false };
  }

  zoom(factor: number): void {
    const { seen, cell, whole } = this.views;
    if (seen) this.views.view = zoomAt(seen, factor, { x: cell.width / 2, y: cell.height / 2 }, whole.size, cell);
  }

  /** Moved so that a place is seen. */
  reveal(at: Point): void {
    const { seen, cell } = this.views;
    if (!seen) return;
    const outX = Math.abs(at.x - seen.x) * seen.zoom > cell.width / 2 - 16;
    const outY = Math.abs(at.y - seen.y) * seen.zoom > cell.height / 2 - 16;
    if (outX || outY) this.views.view = { ...seen, fit: false, x: outX ? at.x : seen.x, y: outY ? at.y : seen.y };
  }

  /** Text that changes far from the pointer makes the browser put the whole page together anew: it waits. */
  point(at: Point | null): void {
    this.under = at;
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.pointed = this.under;
    }, TOLD_MS);
  }

  setFill(fill: number): void {
    this.fill = fill;
    remember('outline fill', String(fill));
    this.spoil(null);
  }

  /** What lies over the outlines now. */
  marks(): Marks {
    const { hand, outlines, colour, fill } = this;
    const { picked } = hand;
    const edited = new Map(picked.edited.map((one) => [one.id, one]));
    const chosen = outlines && (this.shown || edited.size) ? picked.all().map((one) => edited.get(one.id) ?? one) : [];
    const shapes = chosen.map((shape) => ({ shape, lifted: edited.has(shape.id) }));
    const moved = this.moved().map((shape) => ({ shape, lifted: true }));
    const one = chosen.length === 1 && hand.kind === 'select' && chosen[0]!.kind !== 'point' ? chosen[0]! : null;
    return {
      shapes: [...shapes, ...moved],
      handles: one && { shape: one, held: picked.vertex },
      draft: hand.shown(),
      snapped: hand.snapped,
      cell: hand.cell,
      colour,
      fill,
    };
  }

  /** Of the shapes in view some that a drag moves, where they would come to lie. */
  private moved(): Shape[] {
    const { offset, picked } = this.hand;
    const { seen, cell } = this.views;
    const { chosen } = this.layers;
    if (!offset || !seen || !this.outlines) return [];
    const found = this.outlines.meets(boxOf(seen, cell));
    const those = found.filter((one) => (chosen ? one.source === chosen : picked.selection.has(one.id)));
    return those.slice(0, MOST_MOVED).map((one) => moveBy(one, offset.x, offset.y));
  }

  /** A step in pixels in units of the scene's CRS; in pixels where it has none. */
  private onMap(dx: number, dy: number): Point {
    const [a, b, , d, e] = this.detail?.transform ?? [1, 0, 0, 0, 1, 0];
    return this.unit === 'pixels' ? { x: dx, y: dy } : { x: a! * dx + b! * dy, y: d! * dx + e! * dy };
  }

  get unit(): string {
    const crs = this.views.whole.scene?.scene.crs;
    if (!crs) return 'pixels';
    if (isGeographic(crs)) return 'degrees';
    return /^EPSG:(326|327)\d\d$/.test(crs) ? 'metres' : 'map units';
  }

  // --- by hand and by keys --------------------------------------------------------------------------------------------

  /** A click beside everything. */
  letGo(at: Point): void {
    if (this.hand.kind === 'select' && !pickAt(this.bench, at)) this.hand.picked.select([]);
  }

  /** The next shape of those in view, row by row. */
  step(by: number): void {
    const { hand, outlines } = this;
    const { seen, cell } = this.views;
    if (!seen || !outlines) return;
    const found = outlines.meets(boxOf(seen, cell));
    const key = ({ bounds: [left, top] }: Shape): number => Math.round(top) * 1e6 + left;
    found.sort((a, b) => key(a) - key(b));
    if (found.length === 0) return;
    const now = found.findIndex((one) => hand.picked.selection.has(one.id));
    const next = now < 0 ? (by > 0 ? 0 : found.length - 1) : (now + by + found.length) % found.length;
    hand.take('select');
    hand.picked.select([found[next]!.id]);
  }

  /** An arrow key: what is selected, the place that is drawn at, or the view. */
  arrow(dx: number, dy: number): void {
    const { hand } = this;
    const { seen, whole } = this.views;
    if (hand.arrow(dx, dy) || !seen) return;
    if (hand.drawn) hand.place(seen);
    else this.views.view = panBy(seen, -dx * 80, -dy * 80, whole.size);
  }

  press(): void {
    const { hand, views } = this;
    if (!hand.cell && views.seen) hand.place(hand.pointer ?? views.seen);
    hand.press();
  }

  undo(): void {
    this.hand.picked.flush();
    this.outlines?.undo();
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

  /** No chip is named: the one where an answer helps most. */
  async begin(task: string): Promise<void> {
    const found = await nextChip(task, '', new Set()).catch(() => null);
    if (found) location.replace(hrefOf(['outline', found.chip], { task }));
    else go(hrefOf(['chips'], { task }));
  }
}
