/** The state of the views of one chip: which there are, where they look, how labels lie over them. */
import { CanvasError, settle, toCanvas, zoomAt, type Framed, type Size, type View } from '../../canvas';
import { usualOpacity } from '../../chip/choice';
import { loadAround, loadDetail } from '../../chip/load';
import { overlayColours } from '../../chip/overlays';
import { asProblem, get, put } from '../../lib/api';
import { recall, remember } from '../../lib/stored';
import type { Arrangement, Backdrop, ChipDetail, Problem, SchemeClass } from '../../lib/types';
import { workspace } from '../../lib/workspace.svelte';
import type { Doc, Point } from '../contract';
import {
  firstGroups,
  MOST,
  MOST_GROUPS,
  parseGroups,
  readGroups,
  swapped,
  textsOf,
  type Content,
  type Count,
  type Group,
} from './arrangement';
import { chooseDate, findDates, loadOther, type Dated } from './dates';
import { Pane } from './pane.svelte';
import type { Figures } from './screen';
import type { LabelMode } from './sheet';

const NAMES: Record<string, string> = { before: 'earlier date', after: 'later date', nearest: 'other date' };

export class Views {
  doc = $state.raw<Doc | null>(null);
  detail = $state.raw<ChipDetail | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Why pictures cannot be drawn here; labels can. */
  broken = $state.raw<CanvasError | null>(null);
  groups = $state.raw<Group[]>([]);
  /** As kept for everybody. */
  team = $state.raw<Group[]>([]);
  at = $state(0);
  panes = $state.raw<Pane[]>([]);
  count = $state<Count>(1);
  /** The view that keys speak to. */
  active = $state(0);
  /** Under the pointer, or where keys have walked. */
  pointer = $state.raw<Point | null>(null);
  /** Size of each view, CSS pixels. */
  cell = $state.raw<Size>({ width: 1, height: 1 });
  /** The view that the pointer is in; null where keys have walked. */
  hovered = $state<string | null>(null);
  mode = $state<LabelMode>(recall('paint labels') === 'outline' ? 'outline' : 'area');
  opacity = $state(Number(recall('paint opacity') ?? usualOpacity('class')));
  on = $state(true);
  /** While a key is held: labels away; drags move the view. */
  peek = $state(false);
  panning = $state(false);
  hidden = $state.raw<readonly number[]>([]);
  /** Other images of the same ground, the earliest first. */
  dates = $state.raw<readonly Dated[]>([]);
  /** Web maps that the workspace knows. */
  backdrops = $state.raw<readonly Backdrop[]>([]);
  /** The view whose choices a key has asked for. */
  asked = $state<string | null>(null);
  /** How long the last frames took; for benchmarks. */
  figures: Figures = { frames: [] };
  private task = '';

  readonly days = $derived([...new Set(this.dates.map((one) => one.day))]);
  readonly shown = $derived(this.panes.slice(0, this.count));
  readonly classes: readonly SchemeClass[] = $derived(
    workspace.info?.tasks.find((one) => one.name === this.doc?.task)?.classes ?? workspace.info?.scheme ?? [],
  );
  readonly colours = $derived(overlayColours('class', this.classes, [...this.hidden]));
  readonly labelled = $derived(this.on && !this.peek);
  readonly image: Framed = $derived({
    width: this.doc?.pixels?.cols ?? this.detail?.chip.width ?? 1,
    height: this.doc?.pixels?.rows ?? this.detail?.chip.height ?? 1,
  });
  readonly current = $derived(this.shown[this.active] ?? this.shown[0] ?? null);

  /** The chip that is labelled is another, or its pixels are there. */
  async follow(doc: Doc): Promise<void> {
    this.doc = doc;
    const id = doc.chipId;
    if (this.detail?.chip.id === id) return this.spread();
    try {
      const detail = await loadDetail(id);
      if (this.doc?.chipId !== id) return;
      this.problem = null;
      this.detail = detail;
      this.dates = [];
      if (this.task !== doc.task || this.panes.length === 0) await this.start(doc.task, detail);
      this.spread();
      const dates = await findDates(detail).catch(() => []);
      if (this.detail !== detail) return;
      this.dates = dates;
      this.spread();
    } catch (error) {
      if (this.doc?.chipId === id) this.problem = asProblem(error);
    }
  }

  async refresh(): Promise<void> {
    if (!this.detail) return;
    this.detail = await loadDetail(this.detail.chip.id, true);
    this.spread();
  }

  // --- arrangement --------------------------------------------------------------------------------------------------

  private async start(task: string, detail: ChipDetail): Promise<void> {
    this.task = task;
    const own = readGroups(JSON.parse(recall(this.name()) ?? 'null'));
    const [dates, kept] = await Promise.all([findDates(detail).catch(() => []), this.bring(task)]);
    if (this.task !== task) return;
    this.team = kept;
    this.groups = own.length ? own : kept.length ? kept : firstGroups(detail, dates.length, this.lastDay(detail));
    this.show(Number(recall(`${this.name()} at`) ?? 0));
  }

  /** The day of the last date of a chip's place, where the task asks about several dates. */
  private lastDay(detail: ChipDetail): string | null {
    const task = workspace.info?.tasks.find((one) => one.name === this.task);
    return !task || task.about === 'date' ? null : (detail.dates?.at(-1)?.datetime.slice(0, 10) ?? null);
  }

  /** What the workspace has for the task; a page that cannot ask goes on without. */
  private async bring(task: string): Promise<Group[]> {
    try {
      const [backdrops, said] = await Promise.all([
        get<Backdrop[]>('/backdrops'),
        get<Arrangement>(`/tasks/${encodeURIComponent(task)}/arrangement`),
      ]);
      this.backdrops = backdrops;
      return parseGroups(said.groups);
    } catch {
      return [];
    }
  }

  private name(): string {
    return `paint views ${workspace.info?.name ?? ''} ${this.task}`;
  }

  show(at: number): void {
    const group = this.groups[at] ?? this.groups[0];
    if (!group) return;
    this.at = this.groups.indexOf(group);
    this.panes = group.views.map((said) => new Pane(this, said));
    this.count = group.count;
    this.active = Math.min(this.active, this.count - 1);
    remember(`${this.name()} at`, String(this.at));
    this.spread();
  }

  turn(by: number): void {
    this.turnTo((this.at + by + this.groups.length) % this.groups.length);
  }

  turnTo(at: number): void {
    this.keep();
    this.show(at);
  }

  resize(count: Count): void {
    while (this.panes.length < Math.min(count, MOST))
      this.panes = [...this.panes, new Pane(this, { content: { kind: 'chip' }, look: {} })];
    this.count = count;
    this.active = Math.min(this.active, count - 1);
    this.spread();
    this.keep();
  }

  swap(a: number, b: number): void {
    if (a === b || b < 0 || b >= this.count) return;
    this.panes = swapped(this.panes, a, b);
    this.active = b;
    this.keep();
  }

  fill(pane: Pane, content: Content): void {
    pane.content = content;
    this.spread();
    this.keep();
  }

  /** Keeps what the views are now; called as they change. */
  keep(): void {
    if (!this.task || this.panes.length === 0) return;
    const { name } = this.groups[this.at]!;
    const now = { name, count: this.count, views: this.panes.map((pane) => pane.kept()) };
    this.groups = this.groups.map((group, i) => (i === this.at ? now : group));
    remember(this.name(), JSON.stringify(this.groups));
  }

  /** Gives each view that is seen its pixels. */
  spread(): void {
    const { detail, doc } = this;
    if (!detail || !doc) return;
    for (const pane of this.panes.slice(0, this.count)) {
      if (!pane.wide) pane.beyond = null;
      pane.nothing = null;
      if (pane.content.kind === 'date') this.send(pane, detail, pane.content.when);
      else {
        pane.dated = null;
        pane.arrive(detail);
        pane.pixels = pane.content.kind !== 'tiles' && doc.chipId === detail.chip.id ? doc.pixels : null;
      }
      if (pane.wide && !detail.pixels_problem) void this.surround(pane, detail);
      if (pane.content.kind === 'tiles') pane.nothing = this.lacking(pane, detail);
    }
  }

  private lacking(pane: Pane, detail: ChipDetail): string | null {
    if (!pane.backdrop) return 'The workspace knows no web map of this name.';
    return detail.crs ? null : 'This image has no place on the map.';
  }

  /** Another date into a view. */
  private send(pane: Pane, detail: ChipDetail, when: string): void {
    const dated = chooseDate(this.dates, detail.chip.datetime, when);
    if (!dated) {
      pane.dated = null;
      pane.pixels = null;
      pane.nothing = `There is no ${NAMES[when] ?? `image of ${when}`} of this place.`;
      return;
    }
    if (pane.dated === dated && pane.pixels) return;
    pane.dated = dated;
    pane.pixels = null;
    const due = () => this.detail === detail && pane.dated === dated;
    loadOther(detail, dated).then(
      (other) => {
        if (!due()) return;
        pane.arrive(other.detail);
        pane.pixels = other.pixels;
      },
      (error: unknown) => {
        if (due()) pane.nothing = asProblem(error).detail ?? asProblem(error).title;
      },
    );
  }

  private async surround(pane: Pane, detail: ChipDetail): Promise<void> {
    const beyond = await loadAround(detail).catch(() => null);
    if (this.detail === detail && pane.wide) pane.beyond = beyond;
  }

  // --- groups of views ------------------------------------------------------------------------------------------------

  /** Whether what is seen is another than what is kept for everybody. */
  readonly changed = $derived(JSON.stringify(textsOf(this.groups)) !== JSON.stringify(textsOf(this.team)));

  /** The views that are seen, once more, to be changed. */
  add(name: string): void {
    if (this.groups.length >= MOST_GROUPS) return;
    this.keep();
    const now = this.groups[this.at]!;
    this.groups = [...this.groups, { ...now, name }];
    this.show(this.groups.length - 1);
    this.keep();
  }

  rename(name: string): void {
    this.groups = this.groups.map((group, i) => (i === this.at ? { ...group, name } : group));
    this.keep();
  }

  drop(): void {
    if (this.groups.length < 2) return;
    this.groups = this.groups.filter((_, i) => i !== this.at);
    this.show(Math.max(0, this.at - 1));
    this.keep();
  }

  /** For everybody who labels this task. */
  async share(): Promise<void> {
    this.keep();
    const groups = textsOf(this.groups);
    const told = await put<Arrangement>(`/tasks/${encodeURIComponent(this.task)}/arrangement`, { groups });
    this.team = parseGroups(told.groups);
  }

  /** As it is kept for everybody, or else as a task begins. */
  revert(): void {
    if (!this.detail) return;
    this.groups = this.team.length ? this.team : firstGroups(this.detail, this.dates.length, this.lastDay(this.detail));
    this.show(0);
    remember(this.name(), 'null');
  }

  // --- where they look ------------------------------------------------------------------------------------------------

  /** Closer or farther, about the pointer where it is seen, else about the middle. */
  zoomed(view: View, factor: number): View {
    const size = this.cell;
    const now = settle(view, this.image, size);
    const at = this.pointer ? toCanvas(now, this.pointer.x, this.pointer.y, size) : [-1, -1];
    const inside = at[0]! >= 0 && at[1]! >= 0 && at[0]! <= size.width && at[1]! <= size.height;
    const spot = inside ? { x: at[0]!, y: at[1]! } : { x: size.width / 2, y: size.height / 2 };
    return zoomAt(now, factor, spot, this.image, size);
  }

  /** The view moved so that a place is seen; the same one where it is seen already. */
  revealed(view: View, at: Point): View {
    if (view.fit) return view; // all of it is in sight
    const { width, height } = this.cell;
    const now = settle(view, this.image, this.cell);
    const outX = Math.abs(at.x - now.x) * now.zoom > width / 2 - 12;
    const outY = Math.abs(at.y - now.y) * now.zoom > height / 2 - 12;
    return outX || outY ? { ...now, fit: false, x: outX ? at.x : now.x, y: outY ? at.y : now.y } : view;
  }

  // --- labels -------------------------------------------------------------------------------------------------------

  fade(by: number): void {
    this.see({ opacity: Math.round(Math.min(1, Math.max(0, this.opacity + by)) * 100) / 100 });
  }

  see({ mode = this.mode, opacity = this.opacity }: { mode?: LabelMode; opacity?: number }): void {
    const plain = this.opacity === usualOpacity(this.mode === 'outline' ? 'outline' : 'class');
    this.opacity = mode !== this.mode && plain ? usualOpacity(mode === 'outline' ? 'outline' : 'class') : opacity;
    this.mode = mode;
    remember('paint labels', mode);
    remember('paint opacity', String(this.opacity));
  }
}
