/** One to six views of the scene, each in its own look; where they look and what is drawn on them is the same. */
import type { Size, View } from '../canvas';
import { fromWords } from '../chip/choice';
import { settle } from '../canvas';
import { recall, remember } from '../lib/stored';
import type { ChipDetail } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { type Count, COUNTS, firstGroups, MOST, swapped } from '../paint/views/arrangement';
import { SceneState } from '../paint/views/scene.svelte';

type Words = Record<string, string>;

interface Kept {
  count: Count;
  looks: Words[];
}

const FIT: View = { x: 0, y: 0, zoom: 1, fit: true };
let made = 0;

export interface ScenePane {
  key: string;
  scene: SceneState;
}

export class SceneViews {
  /** The view that opens the scene for all. */
  readonly whole = new SceneState();
  panes = $state.raw<readonly ScenePane[]>([{ key: 'view 0', scene: this.whole }]);
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
    remember(this.name(), JSON.stringify({ count: this.count, looks: this.looks } satisfies Kept));
  }

  private fill(count: Count): void {
    for (const { scene } of this.panes.slice(count)) if (scene !== this.whole) scene.leave();
    const kept = this.panes.slice(0, count);
    if (!kept.some((one) => one.scene === this.whole)) kept[0] = { key: 'view 0', scene: this.whole };
    const panes = Array.from({ length: count }, (_, at) => kept[at] ?? this.another());
    panes.forEach(({ scene }, at) => this.dress(scene, this.looks[at]));
    this.panes = panes;
    this.active = Math.min(this.active, count - 1);
  }

  private another(): ScenePane {
    return { key: `view ${++made}`, scene: this.whole.beside() };
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
    return { count: kept.count as Count, looks };
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
