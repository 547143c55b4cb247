/** The chip being labelled: its pixels, whose labels it has, and every change to them. */
import { type ChipPixels, MaskPixels } from '../canvas';
import { loadDetail, loadPixels } from '../chip/load';
import { concerns } from '../label/asof';
import { type Heard, INCOMPLETE, LabelDoc } from '../editor/labeldoc.svelte';
import { newId } from '../label/acts';
import { asProblem, isAbort } from '../lib/api';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import type { ChipDetail, Problem } from '../lib/types';
import type { PaintAct, StepAct, StrokeAct } from './acts';
import { type Doc, type LabelObject, type Patch, type Planes, type StrokeFacts } from './contract';
import { fetchOwn, fetchPlanes } from './fetching';
import { boxOf, changes, countsOf, emptyPlanes, lay, merged, under } from './planes';
import { sending } from './sending.svelte';
import { back, drawn, forth, NO_STEPS, type Step, type Steps, told as stepsOf } from './steps';

const CALM_MS = 250;
const NO_OBJECTS: readonly LabelObject[] = [];

export class PaintDoc extends LabelDoc implements Doc {
  detail = $state.raw<ChipDetail | null>(null);
  pixels = $state.raw<ChipPixels | null>(null);
  pixelsProblem = $state.raw<Problem | null>(null);
  own = $state.raw<Planes | null>(null);
  others = $state.raw<Planes | null>(null);
  shown = $state.raw<MaskPixels | null>(null);
  objects = $state.raw<readonly LabelObject[]>(NO_OBJECTS);
  version = $state(0);
  steps = $state.raw<Steps>(NO_STEPS);
  /** Strokes of another tab, or of this person elsewhere, were laid on the chip too. */
  conflict = $state(false);
  private syncing: Promise<void> | null = null;
  private othersToo = false;
  /** The server laid a stroke on another state than it was drawn on: whether by others is seen when it is told. */
  private doubt = false;
  /** Strokes and steps since a fetch of the layer began: made again on what it brings. */
  private since: (Step | StepAct)[] = [];
  /** Whose layer `own` is. */
  private actor: string | null = null;

  get canUndo(): boolean {
    return this.steps.undo.length > 0;
  }

  get canRedo(): boolean {
    return this.steps.redo.length > 0;
  }

  async open(): Promise<void> {
    this.ends.push(
      sending.follow({
        added: (act, elsewhere) => this.added(act, elsewhere),
        settled: (act, seq, error) => this.settled(act, seq, error),
        conflict: (act) => this.mine(act) && (this.doubt = this.stale = true),
      }),
      live.on<Heard>('annotations', (heard) => this.hear(heard)),
      live.onReconnect(() => {
        this.stale = true;
        this.refresh(true);
      }),
    );
    try {
      const detail = (this.detail = await loadDetail(this.chipId));
      await Promise.all([this.bringPixels(detail), this.bringLabels()]);
    } catch (error) {
      if (!this.flight.signal.aborted && !isAbort(error)) this.problem = asProblem(error);
    }
  }

  private async bringPixels(detail: ChipDetail): Promise<void> {
    this.pixelsProblem = detail.pixels_problem ?? null;
    if (detail.pixels_problem) return;
    try {
      const pixels = await loadPixels(detail);
      if (!this.flight.signal.aborted) this.pixels = pixels;
    } catch (error) {
      this.pixelsProblem = asProblem(error);
    }
  }

  private async bringLabels(): Promise<void> {
    await sending.start();
    await this.fetch(true);
    // the server may have some of what waits, or none: laid again it is the same, but steps are not known
    if (this.pending.length === 0) return;
    this.stale = true;
    for (const act of this.pending) this.replay(act);
    this.show();
  }

  // --- changes ----------------------------------------------------------------------------------------------------

  apply(patch: Patch, facts: StrokeFacts): void {
    const { own } = this;
    if (!own || !this.allowed(() => this.apply(patch, facts))) return;
    if (!facts.objects && !changes(own, patch)) return;
    const base = this.steps.undo[0]?.id ?? null;
    const seconds = this.spent();
    const id = newId();
    const act: StrokeAct = { ...this.about(id), kind: 'stroke', tool: facts.tool, patch, base, seconds };
    if (facts.objects) act.objects = facts.objects;
    this.draw(act);
    sending.add(act);
  }

  undo(): void {
    const step = this.steps.undo[0];
    if (step && this.allowed(() => this.undo())) this.step(step, false, step.id);
  }

  redo(): void {
    const step = this.steps.redo[0];
    if (step?.by && this.allowed(() => this.redo())) this.step(step, true, step.by);
  }

  protected override named(again: () => void): boolean {
    if (session.actor && session.actor === this.actor) return true;
    void session.ensureName().then(async (name) => {
      if (!name) return;
      if (this.actor !== name) await this.fetch(true);
      if (this.actor === name) again();
    });
    return false;
  }

  protected override mine(act: PaintAct): boolean {
    return act.chip === this.chipId && act.task === this.task && act.actor === session.actor;
  }

  private draw(act: StrokeAct): void {
    if (!this.own) return;
    const after = act.patch;
    const before = under(this.own, after);
    const objects: [readonly LabelObject[], readonly LabelObject[]] = [this.objects, act.objects ?? this.objects];
    const step: Step = { id: act.id, tool: act.tool, change: { before, after, objects } };
    this.steps = drawn(this.steps, step);
    if (this.syncing) this.since.push(step);
    this.strokes++;
    this.put(after, objects[1]);
  }

  private step(step: Step, ahead: boolean, undoes: string): void {
    const id = newId();
    const act: StepAct = { ...this.about(id), kind: 'step', stroke: step.id, forth: ahead, undoes };
    this.move(act);
    sending.add(act);
  }

  /** One step back or forth, here or in another tab. */
  private move(act: StepAct): void {
    const step = (act.forth ? this.steps.redo : this.steps.undo)[0];
    if (step?.id !== act.stroke) {
      this.stale = true;
      return;
    }
    this.take(act, step);
    if (this.syncing) this.since.push(act);
    if (this.syncing || !step.change) this.stale = true; // what was below comes from the server
    if (step.change) this.show(step.change.after);
  }

  /** The newest step is gone back or forth. */
  private take(act: StepAct, { change }: Step): void {
    this.steps = act.forth ? forth(this.steps) : back(this.steps, act.id);
    this.strokes += act.forth ? 1 : -1;
    if (!change || !this.own) return;
    lay(this.own, act.forth ? change.after : change.before);
    this.own = { ...this.own };
    this.objects = change.objects[act.forth ? 1 : 0];
  }

  /** What is read meanwhile may have been read before this arrived. */
  protected override settled(act: PaintAct, seq: number, error: string | null): void {
    if (this.syncing && this.mine(act)) this.stale = true;
    super.settled(act, seq, error);
  }

  private replay(act: PaintAct): void {
    if (act.kind === 'stroke' && !this.steps.undo.some((one) => one.id === act.id)) this.draw(act);
    else if (act.kind === 'step') this.move(act);
    else if (act.kind === 'work') this.work = act.work;
  }

  private put(patch: Patch, objects: readonly LabelObject[]): void {
    if (!this.own) return;
    lay(this.own, patch);
    this.own = { ...this.own };
    this.objects = objects;
    this.show(patch);
  }

  private show(box?: Patch): void {
    if (!this.own || !this.others) return;
    this.shown = merged(this.own, this.others, this.shown, box && boxOf(box));
    this.version++;
  }

  // --- what others do, and what became of it ------------------------------------------------------------------------

  private added(act: PaintAct, elsewhere: boolean): void {
    if (!this.mine(act) || !this.own) return;
    this.replay(act);
    if (elsewhere && act.kind === 'stroke') this.conflict = this.stale = true;
  }

  private hear({ head, actor, task, chips }: Heard): void {
    if (task !== null && task !== this.task) return;
    if (!concerns(chips, this.chipId)) return;
    if (actor !== session.actor) this.othersToo = true;
    clearTimeout(this.timer);
    // the answer to one's own stroke may come behind the news of it
    this.timer = setTimeout(() => {
      if (actor === session.actor && head > this.seq) this.stale = true;
      if (this.stale || this.othersToo) this.refresh(this.othersToo);
    }, CALM_MS);
  }

  /** Bring the layer anew as soon as nothing of it is on its way; `others` too where they changed. */
  override refresh(others = false): void {
    this.othersToo ||= others;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.pending.length > 0 && !this.othersToo) return; // asked again when they are settled
      void this.fetch(this.othersToo).catch(() => undefined); // the next news, or coming back, asks again
    }, 20);
  }

  /** Until the server has every stroke of this chip. */
  async quiet(): Promise<void> {
    while (this.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** The layer was changed by another way than strokes. */
  async renew(): Promise<void> {
    this.stale = true;
    await this.fetch(true);
  }

  private async fetch(others: boolean): Promise<void> {
    await this.syncing;
    const run = this.bring(others);
    this.syncing = run.then(
      () => void (this.syncing = null),
      () => void (this.syncing = null),
    );
    this.since = [];
    await run;
    if (this.stale && this.pending.length === 0) this.refresh();
  }

  private async bring(others: boolean): Promise<void> {
    const { chipId: chip, task } = this;
    const { signal } = this.flight;
    const actor = session.actor;
    const part = actor ? ('others' as const) : ('label' as const);
    const clear = this.pending.length === 0;
    const known = this.steps;
    const wanted = actor !== null && (!this.own || this.actor !== actor || (clear && this.stale));
    const { stale } = this;
    if (others) this.othersToo = false;
    if (wanted) this.stale = false; // before it is asked for: a step that is made meanwhile is not in what comes
    const [mine, rest] = await Promise.all([
      wanted ? fetchOwn(chip, task, signal) : null,
      others || !this.others ? fetchPlanes(chip, { task, part }, signal) : this.others,
    ]).catch((error: unknown) => {
      this.stale ||= stale;
      throw error;
    });
    if (signal.aborted) return;
    this.others = rest;
    this.own ??= emptyPlanes(rest.rows, rest.cols);
    this.actor = actor;
    if (mine) {
      const { told } = mine;
      const ids = new Set([...known.undo, ...known.redo].map((one) => one.id));
      if (this.doubt && told.undo.some((one) => !ids.has(one.id))) this.conflict = true;
      this.doubt = false;
      const trusted = !this.conflict && told.undo[0]?.id === known.undo[0]?.id;
      this.own = mine.own;
      this.objects = mine.objects;
      this.steps = stepsOf(told, known, trusted);
      this.strokes = told.strokes;
      this.seconds = told.seconds;
      this.work = told.work ?? INCOMPLETE;
      for (const one of this.since) {
        if ('kind' in one) this.takeAgain(one);
        else if (one.change && !this.steps.undo.some(({ id }) => id === one.id)) this.again(one.id, one.change);
      }
    }
    this.show();
  }

  /** A step that was made while the layer was on its way, unless what came has it. */
  private takeAgain(act: StepAct): void {
    const step = (act.forth ? this.steps.redo : this.steps.undo)[0];
    if (step?.id === act.stroke) this.take(act, step);
  }

  /** A stroke that was drawn while the layer was on its way. */
  private again(id: string, change: NonNullable<Step['change']>): void {
    const before = under(this.own!, change.after);
    lay(this.own!, change.after);
    this.steps = drawn(this.steps, { id, tool: '', change: { ...change, before } });
    this.strokes++;
  }

  /** Pixels of each class as it is shown, and those that people said; what the product hides counts apart. */
  readonly counts = $derived.by(() => countsOf(this.shown));
}
