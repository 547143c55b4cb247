/** The shapes of an outline task on one scene, and every change to them; each is saved as it is made. */
import type { Size } from '../canvas';
import { type Heard, LabelDoc } from '../editor/labeldoc.svelte';
import { newId } from '../label/acts';
import { asProblem, get, isAbort, post } from '../lib/api';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import type { Annotations, ChipRow } from '../lib/types';
import type { PaintAct, ShapesAct, StepAct, Work } from '../paint/acts';
import { sending } from '../paint/sending.svelte';
import { type Change, placeOf, recallSteps, type Step, type Steps } from './history';
import { Homes } from './homes';
import { actsOf, shapeOf } from './saying';
import { type Bounds, fromFeature, type GeoFeature, problemOf, type Shape } from './shape';
import { Store } from './store';

const CALM_MS = 250;
/** More chips than this in a word of others: all shapes are fetched. */
const FEW = 12;
const MOST = 200_000;
const NO_STEPS: Steps = { undo: [], redo: [] };

interface Collection {
  features: GeoFeature[];
}

export class Outlines extends LabelDoc {
  ready = $state(false);
  /** Counts up with every change. */
  version = $state(0);
  steps = $state.raw<Steps>(NO_STEPS);
  readonly homes: Homes;
  private readonly store = new Store();
  private queue: Promise<void> = Promise.resolve();
  /** Acts of the queue: done, and not yet in the outbox. */
  private queued = $state(0);
  private reads: Promise<void> = Promise.resolve();
  /** Reads that are asked for or on their way. */
  private reading = 0;
  /** Changes made since a read began: made again on what it brings. */
  private laid: [changes: readonly Change[], forth: boolean][] = [];
  private readonly elsewhere = new Set<string>();
  /** The journal is read from here on; steps before are not known yet. Null: it was not read. */
  private since = $state<number | null>(null);

  constructor(
    task: string,
    readonly scene: string,
    readonly chip: ChipRow,
    private readonly size: Size,
    /** What was drawn is another there; null: everywhere. */
    private readonly ondirty: (where: Bounds | null) => void,
  ) {
    super(chip.id, task);
    this.homes = new Homes(scene, chip, size);
  }

  get canUndo(): boolean {
    return this.steps.undo.length > 0 || (this.since ?? 0) > 0;
  }

  get canRedo(): boolean {
    return this.steps.redo.length > 0;
  }

  /** What there is: reads are told of changes. */
  get now(): Pick<Store, 'counts' | 'crossing' | 'size'> {
    void this.version;
    return this.store;
  }

  all(): Iterable<Shape> {
    return this.store.all();
  }

  get(id: string): Shape | null {
    return this.store.get(id);
  }

  meets(box: Bounds): Shape[] {
    return this.store.meets(box);
  }

  async open(): Promise<void> {
    this.ends.push(
      sending.follow({
        added: (act, elsewhere) => elsewhere && this.mine(act) && this.heardOf(act),
        settled: (act, seq, error) => this.settled(act, seq, error),
        conflict: () => undefined,
      }),
      live.on<Heard>('annotations', (heard) => this.hear(heard)),
      live.onReconnect(() => {
        this.stale = true;
        this.refresh();
      }),
    );
    try {
      await sending.start();
      await Promise.all([this.fetch(), this.recall(), this.recallWork()]);
      this.ready = true;
    } catch (error) {
      if (!this.flight.signal.aborted && !isAbort(error)) this.problem = asProblem(error);
    }
  }

  // --- changes ----------------------------------------------------------------------------------------------------

  /** One edit, of one shape or many; an undo takes all of it back. */
  apply(changes: readonly Change[]): void {
    if (changes.length === 0 || !this.allowed(() => this.apply(changes))) return;
    const id = newId();
    this.lay(changes, true);
    this.keep({ undo: [{ id, changes }, ...this.steps.undo], redo: [] });
    this.later(async () => {
      for (const act of await actsOf(this.about(id), this.scene, changes, this.homes)) sending.add(act);
    });
  }

  undo(): void {
    const step = this.steps.undo[0];
    if (!step) {
      if (this.since) void this.recall(true).then(() => this.steps.undo.length > 0 && this.undo());
      return;
    }
    if (!this.allowed(() => this.undo())) return;
    const by = newId();
    this.keep({ undo: this.steps.undo.slice(1), redo: [{ ...step, by }, ...this.steps.redo] });
    this.walk(step, false, by, step.id);
  }

  redo(): void {
    const step = this.steps.redo[0];
    if (!step?.by || !this.allowed(() => this.redo())) return;
    const again = { id: step.id, changes: step.changes };
    this.keep({ undo: [again, ...this.steps.undo], redo: this.steps.redo.slice(1) });
    this.walk(step, true, newId(), step.by);
  }

  /** Every edit that can be taken back is one that was made, by whatever tool, file or tab. */
  private keep(steps: Steps): void {
    this.steps = steps;
    this.strokes = steps.undo.length;
  }

  private walk(step: Step, forth: boolean, id: string, undoes: string): void {
    if (step.changes) this.lay(step.changes, forth);
    else this.stale = true; // the server knows what it was
    const act: StepAct = { ...this.about(id), kind: 'step', stroke: step.id, forth, undoes };
    this.send(act);
  }

  protected override get coming(): number {
    return this.queued;
  }

  private lay(changes: readonly Change[], forth: boolean): void {
    if (this.reading > 0) this.laid.push([changes, forth]);
    for (const { before, after } of changes) this.put((before ?? after)!.id, forth ? after : before);
    this.version++;
  }

  /** A change that the server makes (moved, mended, brought in): what is on its way goes first. */
  async ask<T extends { bulk?: string | null }>(path: string, body: unknown, query = {}): Promise<T> {
    await this.queue;
    while (this.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const told = await post<T>(path, body, query);
    if (told.bulk) this.keep({ undo: [{ id: told.bulk, changes: null }, ...this.steps.undo], redo: [] });
    await this.fetch();
    return told;
  }

  /** In the order in which things were done, also where one has to ask first where a shape lives. */
  protected override send(act: PaintAct): void {
    this.later(() => Promise.resolve(sending.add(act)));
  }

  private later(run: () => Promise<void>): void {
    this.queued++;
    const done = (): number => this.queued--;
    this.queue = this.queue.then(run, run);
    void this.queue.then(done, done);
  }

  protected override named(again: () => void): boolean {
    if (session.actor) return true;
    void session.ensureName().then((name) => name && again());
    return false;
  }

  protected override mine(act: PaintAct): boolean {
    const there = act.chip === this.chipId || placeOf(act.chip)?.scene === this.scene;
    return there && act.task === this.task && act.actor === session.actor;
  }

  private put(id: string, shape: Shape | null): void {
    const before = this.store.put(id, shape);
    if (before) this.ondirty(before.bounds);
    if (shape) this.ondirty(shape.bounds);
  }

  // --- what the server has ------------------------------------------------------------------------------------------

  private async bring(where: { scene: string } | { chip_id: string }): Promise<Shape[]> {
    const query = { task: this.task, ...where, limit: MOST };
    const { features } = await get<Collection>('/shapes', query, { signal: this.flight.signal, cache: 'no-cache' });
    return features.map(fromFeature);
  }

  /** One read after another, each of what was done before it. */
  private read(run: () => Promise<void>): Promise<void> {
    this.reading++;
    const next = async (): Promise<void> => {
      this.laid = [];
      await this.queue;
      await run();
    };
    const ends = (): void => {
      this.reading--;
      if (this.stale && this.reading === 0 && !this.flight.signal.aborted) this.refresh();
    };
    const whole = this.reads.then(next);
    this.reads = whole.then(ends, ends);
    return whole;
  }

  private fetch(): Promise<void> {
    return this.read(async () => {
      this.stale = false;
      this.elsewhere.clear();
      const shapes = await this.bring({ scene: this.scene });
      if (this.flight.signal.aborted) return;
      this.store.clear(this.size.width);
      for (const shape of shapes) this.store.put(shape.id, shape);
      this.again();
      this.ondirty(null);
    });
  }

  /** Only what meets some chips. */
  private fetchChips(chips: readonly string[]): Promise<void> {
    return this.read(async () => {
      for (const chip of chips) {
        const found = await this.bring({ chip_id: chip });
        const there = new Set(found.map((one) => one.id));
        for (const shape of [...this.all()]) if (shape.chip === chip && !there.has(shape.id)) this.put(shape.id, null);
        for (const shape of found) this.put(shape.id, shape);
      }
      this.again();
    });
  }

  /** What the server may not have had when it was read. */
  private again(): void {
    for (const act of this.pending) this.replay(act);
    for (const [changes, forth] of this.laid)
      for (const { before, after } of changes) this.put((before ?? after)!.id, forth ? after : before);
    this.version++;
  }

  /** What is read meanwhile may have been read before this arrived. */
  protected override settled(act: PaintAct, seq: number, error: string | null): void {
    if (this.reading > 0 && this.mine(act)) this.stale = true;
    super.settled(act, seq, error);
  }

  /** Another tab has done something: what it can take back can be taken back here too. */
  private heardOf(act: PaintAct): void {
    this.replay(act);
    if (act.kind === 'shapes' || act.kind === 'bulk') {
      const id = act.bulk ?? act.id;
      const known = this.steps.undo[0]?.id === id;
      if (!known) this.keep({ undo: [{ id, changes: null }, ...this.steps.undo], redo: [] });
    } else if (act.kind === 'step') this.stepped(act);
    this.version++;
  }

  private stepped({ id, stroke, forth }: StepAct): void {
    const { undo, redo } = this.steps;
    const step = (forth ? redo : undo).find((one) => one.id === stroke);
    const without = (all: readonly Step[]): Step[] => all.filter((one) => one.id !== stroke);
    if (!step) return;
    this.keep(
      forth
        ? { undo: [{ id: stroke, changes: step.changes }, ...undo], redo: without(redo) }
        : { undo: without(undo), redo: [{ ...step, by: id }, ...redo] },
    );
  }

  private replay(act: PaintAct): void {
    if (act.kind === 'step') this.stale = true;
    else if (act.kind === 'work') this.work = act.work;
    else if (act.kind === 'shapes') this.say(act);
  }

  private say(act: ShapesAct): void {
    const { id, shape } = shapeOf(act, this.homes.cornerOf(act.chip));
    this.put(id, shape && { ...shape, problem: problemOf(shape.kind, shape.parts) });
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

  override refresh(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.pending.length > 0) return; // asked again when they are settled
      const chips = [...this.elsewhere];
      this.elsewhere.clear();
      const run = this.stale ? this.fetch() : this.fetchChips(chips);
      void run.catch(() => (this.stale = true)); // the next news, or coming back, asks again
    }, 20);
  }

  /** Older events; `far`: until something is there that can be taken back. */
  private async recall(far = false): Promise<void> {
    const { actor } = session;
    if (!actor) return;
    const asked = { actor, task: this.task, scene: this.scene, signal: this.flight.signal };
    const { since, steps } = await recallSteps(asked, this.since, far);
    this.since = since;
    const known = new Set([...this.steps.undo, ...this.steps.redo].map((one) => one.id));
    const more = (some: readonly Step[]): Step[] => some.filter((one) => !known.has(one.id));
    this.keep({
      undo: [...this.steps.undo, ...more(steps.undo)],
      redo: known.size ? this.steps.redo : more(steps.redo),
    });
  }

  private async recallWork(): Promise<void> {
    const { actor } = session;
    if (!actor) return;
    const query = { actor, task: this.task, chip_id: this.chipId, kind: 'work' };
    const { events } = await get<Annotations>('/annotations', query, { signal: this.flight.signal });
    const last = events.findLast((one) => one.active !== false);
    if (last) {
      const { seconds: _, ...work } = last.payload as unknown as Work & { seconds?: number };
      this.work = work;
    }
    this.seconds = events.reduce((sum, one) => sum + Number(one.payload.seconds ?? 0), 0);
  }
}
