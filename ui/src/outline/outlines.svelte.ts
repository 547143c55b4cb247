/** The shapes of an outline task on one scene, and every change to them; each is saved as it is made. */
import { newId } from '../label/acts';
import { asProblem, get, isAbort, post } from '../lib/api';
import { connection } from '../lib/connection.svelte';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { Annotation, Annotations, ChipPage, ChipRow, Problem } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import type { PaintAct, ShapesAct, StepAct, Work } from '../paint/acts';
import { Active } from '../paint/active';
import type { Box, Doc, Point, Recorded } from '../paint/contract';
import { sending } from '../paint/sending.svelte';
import { boxOfChip } from '../paint/views/pyramid';
import { Grid } from './grid';
import { type Change, placeOf, type Step, type Steps, stepsOf } from './history';
import { type Bounds, fromFeature, type GeoFeature, geometryOf, pointOn, propertiesOf, type Shape } from './shape';

const CALM_MS = 250;
const CELL = 256;
/** Events that are looked through at a time for what can be taken back. */
const WINDOW = 2_000;
/** More chips than this in a word of others: all shapes are fetched. */
const FEW = 12;
const NO_STEPS: Steps = { undo: [], redo: [] };
const INCOMPLETE: Work = { state: 'incomplete' };

interface Heard {
  head: number;
  actor: string;
  task: string | null;
  chips: string[];
}

interface Collection {
  features: GeoFeature[];
}

export class Outlines implements Recorded {
  problem = $state.raw<Problem | null>(null);
  ready = $state(false);
  /** Counts up with every change. */
  version = $state(0);
  count = $state(0);
  steps = $state.raw<Steps>(NO_STEPS);
  work = $state.raw<Work>(INCOMPLETE);
  strokes = $state(0);
  seconds = $state(0);
  readonly active = new Active();
  private shapes = new Map<string, Shape>();
  private grid = new Grid<Shape>(CELL, 1);
  private readonly homes = new Map<string, string | null>();
  private readonly flight = new AbortController();
  private readonly ends: (() => void)[] = [];
  private queue: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stale = false;
  private elsewhere = new Set<string>();
  private seq = 0;
  /** The journal is read from here on; steps before are not known yet. */
  private since = $state(0);

  constructor(
    readonly task: string,
    readonly scene: string,
    /** The chip that the page is about; shapes where no chip is belong to it. */
    readonly chip: ChipRow,
    private readonly size: { width: number; height: number },
    /** What was drawn is another there; null: everywhere. */
    private readonly ondirty: (where: Bounds | null) => void,
  ) {}

  readonly pending = $derived(sending.waiting.filter((act) => this.mine(act)));

  readonly saved: Doc['saved'] = $derived.by(() => {
    if (sending.refusals.length > 0) return 'refused';
    if (this.pending.length === 0) return 'saved';
    return sending.wait === 'offline' || sending.wait === 'signed-out' || !connection.online ? 'offline' : 'saving';
  });

  get canUndo(): boolean {
    return this.steps.undo.length > 0 || this.since > 0;
  }

  get canRedo(): boolean {
    return this.steps.redo.length > 0;
  }

  all(): Iterable<Shape> {
    return this.shapes.values();
  }

  get(id: string): Shape | null {
    return this.shapes.get(id) ?? null;
  }

  meets(box: Bounds): Shape[] {
    return this.grid.meets(box);
  }

  async open(): Promise<void> {
    this.ends.push(
      sending.follow({
        added: (act, elsewhere) => elsewhere && this.mine(act) && this.replay(act),
        settled: (act, seq, error) => this.settled(act, seq, error),
        conflict: () => undefined,
      }),
      live.on<Heard>('annotations', (heard) => this.hear(heard)),
      live.onReconnect(() => this.renew()),
    );
    try {
      await sending.start();
      await Promise.all([this.fetch(), this.recall(), this.recallWork()]);
      this.ready = true;
    } catch (error) {
      if (!this.flight.signal.aborted && !isAbort(error)) this.problem = asProblem(error);
    }
  }

  close(): void {
    this.flight.abort();
    clearTimeout(this.timer);
    this.active.rest();
    for (const end of this.ends.splice(0)) end();
  }

  // --- changes ----------------------------------------------------------------------------------------------------

  /** One edit, of one shape or many; an undo takes all of it back. */
  apply(changes: readonly Change[]): void {
    if (changes.length === 0 || !this.allowed(() => this.apply(changes))) return;
    const id = newId();
    for (const { before, after } of changes) this.put(before?.id ?? after!.id, after);
    this.steps = { undo: [{ id, changes }, ...this.steps.undo], redo: [] };
    this.strokes++;
    this.seconds += this.active.take();
    this.version++;
    this.later(async () => {
      for (const act of await this.actsOf(id, changes)) sending.add(act);
    });
  }

  undo(): void {
    const step = this.steps.undo[0];
    if (!step) {
      if (this.since > 0) void this.recall(true).then(() => this.steps.undo.length > 0 && this.undo());
      return;
    }
    if (!this.allowed(() => this.undo())) return;
    const by = newId();
    this.steps = { undo: this.steps.undo.slice(1), redo: [{ ...step, by }, ...this.steps.redo] };
    this.strokes--;
    this.walk(step, false, by, step.id);
  }

  redo(): void {
    const step = this.steps.redo[0];
    if (!step?.by || !this.allowed(() => this.redo())) return;
    this.steps = { undo: [{ id: step.id, changes: step.changes }, ...this.steps.undo], redo: this.steps.redo.slice(1) };
    this.strokes++;
    this.walk(step, true, newId(), step.by);
  }

  private walk(step: Step, forth: boolean, id: string, undoes: string): void {
    if (step.changes) {
      for (const { before, after } of step.changes) this.put((before ?? after)!.id, forth ? after : before);
      this.version++;
    } else this.stale = true; // the server knows what it was
    const act: StepAct = { ...this.about(id), kind: 'step', stroke: step.id, forth, undoes };
    this.later(() => Promise.resolve(sending.add(act)));
  }

  record(change: Partial<Work>): void {
    if (!this.allowed(() => this.record(change))) return;
    const work: Work = { ...this.work, ...change };
    for (const name of ['difficulty', 'note', 'cannot_tell'] as const) if (!work[name]) delete work[name];
    this.work = work;
    const id = newId();
    this.later(() => Promise.resolve(sending.add({ ...this.about(id), kind: 'work', work })));
  }

  /** A change that the server makes (moved, mended, brought in): what is on its way goes first. */
  async ask<T extends { bulk?: string | null }>(path: string, body: unknown, query = {}): Promise<T> {
    await this.queue;
    while (this.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const told = await post<T>(path, body, query);
    if (told.bulk) this.steps = { undo: [{ id: told.bulk, changes: null }, ...this.steps.undo], redo: [] };
    await this.fetch();
    return told;
  }

  private later(run: () => Promise<void>): void {
    this.queue = this.queue.then(run, run);
  }

  private allowed(again: () => void): boolean {
    if (session.me && !session.may('annotate')) {
      toast('You may look at this workspace, not label in it.', { kind: 'warn' });
      return false;
    }
    if (session.actor) return true;
    void session.ensureName().then((name) => name && again());
    return false;
  }

  private about(id: string): { id: string; actor: string; task: string; chip: string } {
    return { id, actor: session.actor ?? '', task: this.task, chip: this.chip.id };
  }

  private mine(act: PaintAct): boolean {
    const there = act.chip === this.chip.id || placeOf(act.chip)?.scene === this.scene;
    return there && act.task === this.task && act.actor === session.actor;
  }

  private put(id: string, shape: Shape | null): void {
    const before = this.shapes.get(id);
    if (before) {
      this.grid.remove(before);
      this.ondirty(before.bounds);
    }
    if (shape) {
      this.shapes.set(id, shape);
      this.grid.add(shape);
      this.ondirty(shape.bounds);
    } else this.shapes.delete(id);
    this.count = this.shapes.size;
  }

  // --- how it is said -----------------------------------------------------------------------------------------------

  private async actsOf(id: string, changes: readonly Change[]): Promise<ShapesAct[]> {
    const said: { chip: string; shape: Shape | null; layer: string; origin: number }[] = [];
    for (const { before, after } of changes) {
      const chip = after ? await this.homeOf(after) : before!.chip;
      const { id: layer, origin } = (before ?? after)!;
      if (before && before.chip !== chip) said.push({ chip: before.chip, shape: null, layer, origin });
      said.push({ chip, shape: after, layer, origin: after?.origin ?? origin });
      if (after && after.chip !== chip) {
        (after as { chip: string }).chip = chip; // the shape itself is kept in steps: it learns where it lives
      }
    }
    const acts = said.map(({ chip, shape, layer, origin }): ShapesAct => {
      const features = shape
        ? [{ type: 'Feature', geometry: geometryOf(shape, this.cornerOf(chip)), properties: propertiesOf(shape) }]
        : [];
      const payload = { type: 'FeatureCollection', coordinates: 'pixel', layer, features };
      return { ...this.about(newId()), chip, kind: 'shapes', payload: origin === 1 ? payload : { ...payload, origin } };
    });
    if (acts.length === 1) return [{ ...acts[0]!, id }];
    const bulk: ShapesAct = {
      ...this.about(id),
      kind: 'bulk',
      payload: { count: acts.length, verb: 'outline', scene: this.scene },
    };
    return [bulk, ...acts.map((act) => ({ ...act, bulk: id }))];
  }

  /** Where the chip lies on the scene. */
  cornerOf(chip: string): Point {
    const grid = workspace.info?.grid;
    const place = placeOf(chip);
    if (chip === this.chip.id || !grid || !place) return this.boxOf(this.chip);
    const back = (at: number, whole: number): number => Math.max(0, Math.min(at * grid.stride, whole - grid.chip_size));
    return { x: back(place.col, this.size.width), y: back(place.row, this.size.height) };
  }

  boxOf(row: ChipRow): Box {
    return boxOfChip(row, workspace.info?.grid?.stride ?? 1, this.size);
  }

  /** Chips that the page came to know. */
  know(rows: readonly ChipRow[]): void {
    for (const row of rows) this.homes.set(`${row.grid_row} ${row.grid_col}`, row.id);
  }

  /** The chip of level 0 that holds a point of it; where there is none the one that it had. */
  private async homeOf(shape: Shape): Promise<string> {
    const grid = workspace.info?.grid;
    const spare = shape.chip || this.chip.id;
    if (!grid || this.size.width < grid.chip_size || this.size.height < grid.chip_size) return spare;
    const { x, y } = pointOn(shape);
    const last = (whole: number): number => Math.ceil((whole - grid.chip_size) / grid.stride);
    const cell = (at: number, whole: number): number =>
      Math.max(0, Math.min(last(whole), Math.floor(at / grid.stride)));
    const [row, col] = [cell(y, this.size.height), cell(x, this.size.width)];
    const key = `${row} ${col}`;
    const known = this.homes.get(key);
    if (known !== undefined) return known ?? spare;
    try {
      const scene = this.scene.replaceAll("'", "''");
      const filter = `scene_id = '${scene}' AND level = 0 AND row = ${row} AND col = ${col}`;
      const found = (await get<ChipPage>('/chips', { filter, limit: 1 })).chips[0];
      this.homes.set(key, found?.id ?? null);
      return found?.id ?? spare;
    } catch {
      return spare; // offline: it is said of the chip that is known
    }
  }

  // --- what the server has ------------------------------------------------------------------------------------------

  renew(): void {
    this.stale = true;
    this.refresh();
  }

  private async fetch(): Promise<void> {
    this.stale = false;
    this.elsewhere.clear();
    const query = { task: this.task, scene: this.scene, limit: 200_000 };
    const { features } = await get<Collection>('/shapes', query, { signal: this.flight.signal, cache: 'no-cache' });
    if (this.flight.signal.aborted) return;
    this.shapes = new Map();
    this.grid = new Grid(CELL, this.size.width);
    for (const feature of features) {
      const shape = fromFeature(feature);
      this.shapes.set(shape.id, shape);
      this.grid.add(shape);
    }
    this.count = this.shapes.size;
    for (const act of this.pending) this.replay(act);
    this.version++;
    this.ondirty(null);
  }

  /** Only what meets some chips. */
  private async fetchChips(chips: readonly string[]): Promise<void> {
    for (const chip of chips) {
      const query = { task: this.task, chip_id: chip, limit: 200_000 };
      const { features } = await get<Collection>('/shapes', query, { signal: this.flight.signal, cache: 'no-cache' });
      const there = new Set(features.map((one) => one.id));
      for (const shape of [...this.shapes.values()])
        if (shape.chip === chip && !there.has(shape.id)) this.put(shape.id, null);
      for (const feature of features) this.put(feature.id, fromFeature(feature));
    }
    for (const act of this.pending) this.replay(act);
    this.version++;
  }

  private replay(act: PaintAct): void {
    if (act.kind === 'step') this.stale = true;
    else if (act.kind === 'work') this.work = act.work;
    else if (act.kind === 'shapes') {
      const { layer, features } = act.payload as { layer: string; features: GeoFeature[] };
      const { x, y } = this.cornerOf(act.chip);
      const feature = features[0];
      if (!feature) this.put(layer, null);
      else {
        const here = fromFeature({
          ...feature,
          id: layer,
          chip_id: act.chip,
          origin: 1,
          actor: act.actor,
          seq: Infinity,
        });
        const parts = here.parts.map((part) => part.map((ring) => ring.map((p) => ({ x: p.x + x, y: p.y + y }))));
        const [left, top, right, bottom] = here.bounds;
        this.put(layer, { ...here, parts, bounds: [left + x, top + y, right + x, bottom + y] });
      }
      this.version++;
    }
  }

  private settled(act: PaintAct, seq: number, error: string | null): void {
    this.seq = Math.max(this.seq, seq);
    if (!this.mine(act)) return;
    if (error !== null) {
      this.stale = true;
      if (act.kind === 'step') toast(`This could not be taken back: ${error}`, { kind: 'warn' });
    }
    if (this.stale) this.refresh();
  }

  private hear({ head, actor, task, chips }: Heard): void {
    if (task !== null && task !== this.task) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (actor === session.actor && head <= this.seq) return this.stale ? this.refresh() : undefined;
      if (chips.length === 0 || chips.length > FEW) this.stale = true;
      else for (const chip of chips) if (placeOf(chip)?.scene === this.scene) this.elsewhere.add(chip);
      this.refresh();
    }, CALM_MS);
  }

  private refresh(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.pending.length > 0) return; // asked again when they are settled
      const chips = [...this.elsewhere];
      this.elsewhere.clear();
      const run = this.stale ? this.fetch() : this.fetchChips(chips);
      void run.catch(() => undefined); // the next news, or coming back, asks again
    }, 20);
  }

  /** Older events; `far`: until something is there that can be taken back. */
  private async recall(far = false): Promise<void> {
    const actor = session.actor;
    if (!actor) return;
    let found: Annotation[] = [];
    let since = this.since;
    if (since === 0) since = (await get<Annotations>('/annotations', { limit: 1 })).head;
    do {
      const from = Math.max(0, since - WINDOW);
      const query = { actor, since: from, limit: WINDOW, active: true };
      const { events } = await get<Annotations>('/annotations', query, { signal: this.flight.signal });
      found = [...events.filter((one) => one.seq <= since), ...found];
      since = from;
    } while (far && since > 0 && stepsOf(found, this.task, this.scene).undo.length === 0);
    this.since = since;
    const { undo, redo } = stepsOf(found, this.task, this.scene);
    const known = new Set([...this.steps.undo, ...this.steps.redo].map((one) => one.id));
    const more = (some: readonly Step[]): Step[] => some.filter((one) => !known.has(one.id));
    this.steps = {
      undo: [...this.steps.undo, ...more(undo)],
      redo: this.steps.undo.length || this.steps.redo.length ? this.steps.redo : more(redo),
    };
    this.strokes = this.steps.undo.length;
  }

  private async recallWork(): Promise<void> {
    const actor = session.actor;
    if (!actor) return;
    const query = { actor, task: this.task, chip_id: this.chip.id, kind: 'work', active: true };
    const { events } = await get<Annotations>('/annotations', query, { signal: this.flight.signal });
    const last = events.findLast((one) => one.active !== false);
    if (last) this.work = last.payload as unknown as Work;
  }
}
