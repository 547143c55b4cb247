/** One to six views of the scene, each in its own look; where they look and what is drawn on them is the same. */
import type { Size, View } from '../canvas';
import { fromWords } from '../chip/choice';
import { settle } from '../canvas';
import { recall, remember } from '../lib/stored';
import type { ChipDetail, SceneRow } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { type Content, type Count, COUNTS, firstGroups, MOST, readContent, swapped } from '../paint/views/arrangement';
import { type Besides, findBesides, NO_BESIDES } from './besides';
import { SceneState } from '../paint/views/scene.svelte';

type Words = Record<string, string>;

interface Kept {
  count: Count;
  looks: Words[];
  contents?: Content[];
}

const FIT: View = { x: 0, y: 0, zoom: 1, fit: true };
let made = 0;

/** One view: the scene in its own look, the scene of another date, or a web map. */
export class ScenePane {
  content = $state.raw<Content>({ kind: 'chip' });
  /** Of another date, on the same grid. */
  other = $state.raw<SceneState | null>(null);

  constructor(
    readonly key: string,
    readonly scene: SceneState,
    private readonly views: SceneViews,
  ) {}

  readonly shown: SceneState = $derived.by(() => this.other ?? this.scene);
  readonly backdrop = $derived.by(() => {
    const { content } = this;
    const known = this.views.besides.backdrops;
    return content.kind === 'tiles' ? (known.find((one) => one.name === content.name) ?? null) : null;
  });
  readonly title = $derived(this.backdrop?.title ?? titleOf(this.shown));
  /** What sets it apart from a view of the scene itself. */
  readonly note = $derived(this.other && this.content.kind === 'date' ? this.content.when : '');

  fill(content: Content): void {
    const former = this.other;
    this.content = content;
    this.other = null;
    const dated = content.kind === 'date' ? this.views.besides.scenes.find((one) => dayOf(one) === content.when) : null;
    if (dated) void this.bring(dated.id);
    former?.close();
  }

  private async bring(scene: string): Promise<void> {
    const other = (this.other = new SceneState());
    const words = new URLSearchParams(wordsOf(this.scene));
    await other.open(scene, null);
    if (other.detail) other.choice = { ...fromWords(words, other.detail), overlay: 'none', smooth: false };
  }

  leave(): void {
    this.other?.close();
    this.other = null;
  }
}

export function dayOf({ datetime }: SceneRow): string {
  return (datetime ?? '').slice(0, 10);
}

export class SceneViews {
  /** The view that opens the scene for all. */
  readonly whole = new SceneState();
  panes = $state.raw<readonly ScenePane[]>([new ScenePane('view 0', this.whole, this)]);
  /** What they may show beside the scene. */
  besides = $state.raw<Besides>(NO_BESIDES);
  /** The view that keys speak to. */
  active = $state(0);
  view = $state.raw<View>(FIT);
  /** Of each view, in CSS pixels. */
  cell = $state.raw<Size>({ width: 0, height: 0 });
  /** The view whose choices a key has asked for. */
  asked = $state<string | null>(null);
  private task = '';
  private looks: Words[] = [];

  readonly count = $derived(this.panes.length as Count);
  readonly seen: View | null = $derived(
    this.cell.width && this.whole.scene ? settle(this.view, this.whole.size, this.cell) : null,
  );

  /** The scene is open: the views that were kept for the task. */
  start(task: string): void {
    this.task = task;
    const kept = readKept(recall(this.name()));
    const first = this.whole.detail ? firstLooks(this.whole.detail) : [];
    this.looks = [...(kept?.looks ?? []), ...first.slice(kept?.looks.length ?? 0)];
    this.fill(kept?.count ?? 1);
    this.panes.forEach((pane, at) => (pane.content = kept?.contents?.[at] ?? { kind: 'chip' }));
    void this.find();
  }

  private async find(): Promise<void> {
    const own = this.whole.scene;
    if (!own) return;
    const found = await findBesides(own.scene);
    if (this.whole.scene !== own) return;
    this.besides = found;
    for (const pane of this.panes) pane.fill(pane.content);
  }

  show(pane: ScenePane, content: Content): void {
    pane.fill(content);
    this.keep();
  }

  /** The scene is looked at no more. */
  close(): void {
    for (const pane of this.panes) pane.fill({ kind: 'chip' });
    this.besides = NO_BESIDES;
    this.whole.close();
  }

  resize(count: Count): void {
    this.keep();
    this.fill(count);
    this.keep();
  }

  swap(a: number, b: number): void {
    if (a === b || !this.panes[a] || !this.panes[b]) return;
    this.panes = swapped(this.panes, a, b);
    this.active = b;
    this.keep();
  }

  /** Keeps what the views are now; called as they change. */
  keep(): void {
    if (!this.task || !this.whole.detail) return;
    const now = this.panes.map(({ scene }) => wordsOf(scene));
    this.looks = [...now, ...this.looks.slice(now.length)];
    const contents = this.panes.map((one) => one.content);
    remember(this.name(), JSON.stringify({ count: this.count, looks: this.looks, contents } satisfies Kept));
  }

  private fill(count: Count): void {
    for (const pane of this.panes.slice(count)) {
      pane.leave();
      if (pane.scene !== this.whole) pane.scene.leave();
    }
    const kept = this.panes.slice(0, count);
    if (!kept.some((one) => one.scene === this.whole)) kept[0] = new ScenePane('view 0', this.whole, this);
    const panes = Array.from({ length: count }, (_, at) => kept[at] ?? this.another());
    panes.forEach(({ scene }, at) => this.dress(scene, this.looks[at]));
    this.panes = panes;
    this.active = Math.min(this.active, count - 1);
  }

  private another(): ScenePane {
    return new ScenePane(`view ${++made}`, this.whole.beside(), this);
  }

  private dress(scene: SceneState, words: Words | undefined): void {
    if (!scene.detail || !words) return;
    scene.choice = { ...fromWords(new URLSearchParams(words), scene.detail), overlay: 'none', smooth: false };
  }

  private name(): string {
    return `outline views ${workspace.info?.name ?? ''} ${this.task}`;
  }
}

function wordsOf(scene: SceneState): Words {
  const pairs = Object.entries(scene.said()).filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(pairs);
}

/** The composites and indices that a task of pixels begins with. */
function firstLooks(detail: ChipDetail): Words[] {
  const all = firstGroups(detail, 0)[0]!.views.filter((one) => one.content.kind === 'chip');
  return all.map((one) => one.look).slice(0, MOST);
}

function readKept(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? 'null') as Partial<Kept> | null;
    if (!kept || !COUNTS.includes(kept.count as Count) || !Array.isArray(kept.looks)) return null;
    const looks = kept.looks.filter((one) => typeof one === 'object' && one !== null).slice(0, MOST);
    const contents = (Array.isArray(kept.contents) ? kept.contents : []).map(
      (one) => readContent(one) ?? { kind: 'chip' as const },
    );
    return { count: kept.count as Count, looks, contents };
  } catch {
    return null;
  }
}

/** What a view shows, in words. */
export function titleOf({ source, detail }: SceneState): string {
  if (!source || !detail) return '';
  if (source.kind === 'mix') return source.bands.join(' ');
  if (source.kind === 'formula') return source.text;
  if (source.kind === 'index') return source.name;
  return detail.layers.find((one) => one.name === source.name)?.title ?? source.name;
}
