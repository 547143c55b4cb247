/** What a person has before them: the image with its cells, the chips to answer, and which of the two the keys are at. */
import { labelling } from '../label/labelling.svelte';
import { selection } from '../label/selection.svelte';
import { SceneState } from '../paint/views/scene.svelte';
import type { Painted } from './painted.svelte';
import type { CascadeState } from './state.svelte';

/** What the page does with the map. */
export interface MapView {
  zoom: (factor: number) => void;
  whole: () => void;
  focus: () => void;
  show: (index: number, closer?: boolean) => void;
  walk: (dx: number, dy: number, range?: boolean) => void;
}

export class Desk {
  readonly image = new SceneState();
  place = $state<'panel' | 'map'>('panel');
  /** The cell that was picked, by its chip: cells come anew. */
  picked = $state<string | null>(null);
  /** The cell under the pointer; -1 for none. */
  hovered = $state(-1);
  /** In the panel: the chip that the keyboard is at, and the one under the pointer. */
  cursor = $state(0);
  tile = $state<number | null>(null);
  highlight = $state(true);
  tint = $state(true);
  showing = $state<'cells' | 'classes'>('cells');
  map = $state.raw<MapView | undefined>(undefined);
  private anchor = -1;

  constructor(
    readonly cascade: CascadeState,
    readonly painted: Painted,
  ) {}

  close(): void {
    this.image.close();
    selection.clear();
  }

  readonly at = $derived.by(() => {
    const { cells } = this.cascade;
    return cells && this.picked ? cells.indexOf(this.picked) : -1;
  });
  readonly selected: readonly number[] = $derived.by(() => {
    void selection.version;
    return this.places(selection.list());
  });
  /** Cells that the panel asks about. */
  readonly listed: readonly number[] = $derived.by(() => {
    const { page, former } = this.cascade;
    void page.version;
    return former || this.cascade.told?.done
      ? []
      : this.places(page.list?.idsIn({ first: 0, end: page.total ?? 0 }) ?? []);
  });
  /** The cell of the chip that the panel is at. */
  readonly pointed = $derived.by(() => {
    const { page, former, cells } = this.cascade;
    void [page.version, labelling.version];
    const row = former || this.cascade.told?.done ? undefined : page.list?.at(this.tile ?? this.cursor);
    return row && cells ? cells.indexOf(row.id) : -1;
  });

  private places(ids: readonly string[]): number[] {
    const { cells } = this.cascade;
    return cells ? ids.map((id) => cells.indexOf(id)).filter((one) => one >= 0) : [];
  }

  /** A press on a cell: it alone, with Ctrl beside others, with Shift all from the last one. */
  pick(index: number, { more, range }: { more: boolean; range: boolean }): void {
    const { cells } = this.cascade;
    if (!cells) return;
    this.place = 'map';
    if (range) this.extend(index);
    else if (more) selection.toggle(cells.idOf(index));
    else selection.clear();
    if (!range) this.anchor = index;
    this.choose(index);
    this.map?.focus();
  }

  walked(index: number, range: boolean): void {
    if (range) this.extend(index);
    else {
      this.anchor = index;
      selection.clear();
    }
    this.choose(index);
  }

  private choose(index: number): void {
    const { cells } = this.cascade;
    this.picked = cells?.idOf(index) ?? null;
    void this.cascade.pick(index);
  }

  private extend(to: number): void {
    const { cells } = this.cascade;
    if (!cells) return;
    const from = this.anchor >= 0 && this.anchor < cells.length ? this.anchor : Math.max(0, this.at);
    const inside = cells.between(from, to).filter((one) => this.cascade.madeAt(one));
    selection.replace(inside.map((one) => cells.idOf(one)));
    this.anchor = from;
  }

  /** Selects the chip that the keys are at, or lets it go. */
  toggle(): void {
    const id = this.place === 'map' ? this.picked : this.cascade.page.list?.at(this.cursor)?.id;
    if (id) selection.toggle(id);
  }

  /** Nothing is selected; then nothing is picked either. */
  clear(): void {
    if (selection.size > 0) selection.clear();
    else this.picked = null;
  }

  turnShowing(): void {
    this.showing = this.showing === 'cells' ? 'classes' : 'cells';
  }

  /** A chip of any level that was worked at: the image goes there as soon as its cells have come. */
  show(id: string): void {
    const level = Number(/_(\d+)_\d+_\d+$/.exec(id)?.[1]);
    if (Number.isFinite(level)) this.cascade.looked = level;
    this.picked = this.awaited = id;
    this.showing = 'cells';
    this.arrived();
  }

  private awaited: string | null = null;

  /** Cells have come: if one of them was waited for, it is shown. */
  arrived(): void {
    const index = this.awaited === null ? -1 : (this.cascade.cells?.indexOf(this.awaited) ?? -1);
    if (index < 0) return;
    this.awaited = null;
    this.map?.show(index, true);
  }

  /** What is made of a cell, in words. */
  says(index: number): string {
    const { cells, decisions } = this.cascade;
    const score = cells?.score[index] ?? NaN;
    const said = { kept: 'kept', rejected: 'left out', undecided: 'undecided, goes on' }[
      decisions[index] ?? 'undecided'
    ];
    return [said, Number.isNaN(score) ? 'no score' : `score ${score.toFixed(2)}`].join(', ');
  }

  whereIs(index: number): string {
    const told = this.cascade.cells?.told;
    return `row ${told?.row[index] ?? '?'}, column ${told?.col[index] ?? '?'}`;
  }
}
