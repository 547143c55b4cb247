/** Segments of the chip in hand, and the objects that were made of them. */
import { parseNpy, UNLABELLED } from '../../canvas';
import { newId } from '../../label/acts';
import { asProblem, bytes, get, isAbort, post } from '../../lib/api';
import { toast } from '../../lib/toast.svelte';
import type { Problem } from '../../lib/types';
import type { LabelObject, Point } from '../contract';
import type { Editor } from '../editor.svelte';
import type { RegionBench } from '../tools';
import { moved, nowhere, pixelsOf, relaid, topDepth, withoutAnswers } from './objects';
import {
  areaOf,
  besideOf,
  chanceOf,
  chancesIn,
  objectOf,
  type Prompted,
  type RegionTree,
  regionTree,
  type Segment,
  shortlist,
  startOf,
  type Told,
  type ToldExtra,
  withExtras,
} from './tree';

export class Regions implements RegionBench {
  tree = $state.raw<RegionTree | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  segment = $state.raw<Segment | null>(null);
  object = $state.raw<LabelObject | null>(null);
  place = $state.raw<{ at: number; of: number }>({ at: 0, of: 0 });
  private flight: AbortController | null = null;
  /** Classes of what was just taken, as they were told of the segment; of what is pointed at, as they were told first. */
  private fresh: readonly number[] | null = null;
  private frozen = $state.raw<{ id: string; codes: readonly number[] } | null>(null);
  private leaves: { of: string; data: ArrayBuffer } | null = null;
  /** What a model that answers clicks was asked on this chip, and what it said. */
  points = $state.raw<readonly (Point & { positive: boolean })[]>([]);
  private answers: readonly ToldExtra[] = [];
  private plain: RegionTree | null = null;
  private chosen = $state<string | null>(null);

  constructor(private readonly editor: Editor) {}

  private get doc() {
    return this.editor.doc;
  }

  get objects(): readonly LabelObject[] {
    return this.doc.objects;
  }

  private readonly scheme = $derived.by(() => this.editor.classes.map((one) => one.code));

  /** The chip and what was learned so far; another one brings the segments anew. */
  readonly question = $derived.by(() => {
    const { chipId, task, own, saved } = this.doc;
    const wanted = this.editor.hand.kind === 'region' && own !== null && saved === 'saved';
    return wanted ? JSON.stringify([chipId, task, this.editor.assistant.model]) : null;
  });

  async bring(): Promise<void> {
    const { chipId, task } = this.doc;
    this.flight?.abort();
    const { signal } = (this.flight = new AbortController());
    const way = `/chips/${encodeURIComponent(chipId)}/regions`;
    const of = `${chipId} ${task}`;
    if (this.leaves?.of !== of) this.tree = this.plain = this.leaves = null;
    this.busy = true;
    try {
      const [told, data] = await Promise.all([
        get<Told>(way, { task, model: this.editor.assistant.model }, { signal, cache: 'no-cache' }),
        this.leaves?.data ?? bytes(`${way}/leaves`, { task }, { signal }),
      ]);
      if (signal.aborted) return;
      this.leaves = { of, data };
      this.plain = regionTree(told, parseNpy(data));
      this.tree = withExtras(this.plain, this.answers);
      this.problem = null;
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      this.problem = asProblem(error);
    } finally {
      if (this.flight?.signal === signal) this.busy = false;
    }
  }

  /** Another chip comes: no segment of this one may be taken there. */
  leave(): void {
    this.flight?.abort();
    this.busy = false;
    this.tree = this.plain = this.leaves = this.problem = null;
    this.points = this.answers = [];
    this.over(null, null, { at: 0, of: 0 });
  }

  // --- models that answer clicks --------------------------------------------------------------------------------------

  /** Models of the workspace that find the segment that a click means. */
  readonly models = $derived.by(() =>
    this.editor.assistant.models.filter((one) => one.kind === 'prompt').map((one) => one.name),
  );

  get prompted(): string | null {
    return this.models.find((name) => name === this.chosen) ?? this.models[0] ?? null;
  }

  choosePrompted(name: string): void {
    this.chosen = name;
    this.forget();
  }

  /** Ask the model for what is here, or for what it said without this; its segments come first. */
  ask(at: Point, positive: boolean): boolean {
    const model = this.prompted;
    if (!model) return false;
    this.points = [...this.points, { x: at.x, y: at.y, positive }];
    void this.answer(model);
    return true;
  }

  forget(): void {
    this.points = this.answers = [];
    this.tree = this.plain;
  }

  private async answer(model: string): Promise<void> {
    const { chipId, task } = this.doc;
    const { points } = this;
    const way = `/chips/${encodeURIComponent(chipId)}/prompt`;
    try {
      const told = await post<Prompted>(way, { model, points }, { task });
      if (this.points !== points || this.doc.chipId !== chipId || !this.plain) return;
      this.answers = besideOf(told, model);
      this.tree = withExtras(this.plain, this.answers);
      if (this.answers.length === 0) toast(`${model} finds nothing there.`, { stay: 2000 });
    } catch (error) {
      this.points = points.slice(0, -1);
      toast(asProblem(error).title, { kind: 'warn' });
    }
  }

  // --- as the tool's bench ------------------------------------------------------------------------------------------

  colour(code: number): string {
    return this.editor.classes.find((one) => one.code === code)?.color ?? '#9aa5b1';
  }

  /** Classes for what the pointer is over, the most probable first. */
  listOf(one: Segment): number[] {
    if (!this.tree) return [...this.scheme];
    const known = one.code !== null || (one.node !== null && this.tree.told.probability !== null);
    return known ? shortlist(this.tree, one, this.scheme) : this.unranked();
  }

  /** Nobody can rank them: the class in hand, then the scheme. */
  private unranked(): number[] {
    const held = this.editor.hand.code;
    return held === UNLABELLED ? [...this.scheme] : [held, ...this.scheme.filter((code) => code !== held)];
  }

  /**
   * The same for what was taken: classes, and how likely each is. Their order stays while it is pointed at, though every
   * answer teaches: a number means the same before and after.
   */
  readonly taken: readonly { code: number; chance: number | null }[] = $derived.by(() => {
    const chances = this.object && this.chancesOf(this.object);
    const order = this.frozen && this.frozen.id === this.object?.id ? this.frozen.codes : this.ranked(chances);
    return order.map((code) => ({ code, chance: chances ? (chances.get(code) ?? 0) : null }));
  });

  private chancesOf(object: LabelObject): ReadonlyMap<number, number> | null {
    const area = pixelsOf(object);
    return area && this.tree ? chancesIn(this.tree, area) : null;
  }

  private ranked(chances: ReadonlyMap<number, number> | null): number[] {
    if (!chances) return this.unranked();
    return [...this.scheme].sort((a, b) => (chances.get(b) ?? 0) - (chances.get(a) ?? 0));
  }

  chance(one: Segment, code: number): number | null {
    return this.tree && chanceOf(this.tree, one, code);
  }

  first(one: Segment): number {
    return this.listOf(one)[0] ?? UNLABELLED;
  }

  over(segment: Segment | null, object: LabelObject | null, place: { at: number; of: number }): void {
    if (object && this.frozen?.id !== object.id)
      this.frozen = { id: object.id, codes: this.fresh ?? this.ranked(this.chancesOf(object)) };
    else if (!object && !segment) this.frozen = null;
    this.fresh = null;
    this.segment = segment;
    this.object = object;
    this.place = place;
  }

  /** What a click gives, or what is taken already. */
  readonly meant: { title: string; color: string } | null = $derived.by(() => {
    const code = this.segment ? this.first(this.segment) : (this.object?.class ?? UNLABELLED);
    const title = this.editor.classes.find((one) => one.code === code)?.title;
    return title === undefined ? null : { title, color: this.colour(code) };
  });

  take(one: Segment, code: number | null): void {
    const chosen = code ?? this.first(one);
    if (!this.tree || chosen === UNLABELLED) return;
    this.fresh = this.listOf(one);
    this.lay([...this.objects, ...this.made(one, chosen, topDepth(this.objects))], 'region', true);
    if (one.source !== null && this.points.length > 0) this.forget();
  }

  choose(n: number, segment: Segment | null, object: LabelObject | null): boolean {
    const code = segment ? this.listOf(segment)[n - 1] : this.taken[n - 1]?.code;
    if (code === undefined) return false;
    if (segment) this.take(segment, code);
    else if (object && (object.class !== code || object.proposed))
      this.lay(this.objects.map((one) => (one.id === object.id ? named(one, code) : one)));
    return true;
  }

  confirm(object: LabelObject): void {
    this.lay(this.objects.map((one) => (one.id === object.id ? named(one, one.class) : one)));
  }

  remove(object: LabelObject): void {
    this.lay(
      this.objects.filter((one) => one.id !== object.id),
      'region removed',
    );
  }

  lift(object: LabelObject, up: boolean): void {
    this.lay(moved(this.objects, object.id, up), 'region order');
  }

  // --- many at once -------------------------------------------------------------------------------------------------

  /** The best segments that do not overlap, each with its likeliest class: where a labelling can start. */
  start(): void {
    const { tree } = this;
    if (!tree?.told.probability) {
      toast('Paint a little of two classes first: then the best segments have a class.', { stay: 3000 });
      return;
    }
    const depth = topDepth(this.objects);
    const best = startOf(tree).filter((one) => one.code !== null);
    const laid = best.flatMap((one, i) => this.made(one, one.code!, depth + i, true));
    this.lay([...this.objects, ...laid], 'start', true);
  }

  clear(): void {
    this.lay([], 'region removed');
  }

  /** A segment as an object; none where all of it is answered. */
  private made(one: Segment, code: number, depth: number, proposed = false): LabelObject[] {
    const tree = this.tree!;
    const { own } = this.doc;
    const area = own && withoutAnswers(own, this.objects, areaOf(tree, one));
    if (!area) return [];
    const object = objectOf(tree, area, { id: newId(), code, score: this.chance(one, code), depth });
    return [proposed ? { ...object, proposed } : object];
  }

  private lay(objects: readonly LabelObject[], tool = 'region', taken = false): void {
    const { own } = this.doc;
    if (!own || objects === this.objects) return;
    const patch = relaid(own, this.objects, objects);
    if (patch) this.doc.apply(patch, { tool, objects: [...objects] });
    else if (taken) toast('People have labelled all of it: nothing to take.', { stay: 2000 });
    else this.doc.apply(nowhere(), { tool, objects: [...objects] }); // painted over since: the list alone changes
  }
}

/** An object that a person has named: the model's word counts no more. */
function named({ proposed: _, ...one }: LabelObject, code: number): LabelObject {
  return { ...one, class: code, score: null };
}
