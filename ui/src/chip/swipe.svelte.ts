/** The other date of a place, laid over the one that is looked at as far as the divider. */
import { type Around, type ChipPixels, type Look } from '../canvas';
import { asProblem } from '../lib/api';
import { recall, remember } from '../lib/stored';
import type { ChipDate, ChipDetail } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { rangesFor, statedRanges, stretchOf } from './choice';
import { loadAround, loadDetail, loadPixels } from './load';
import type { ChipState } from './state.svelte';
import { blinked, chooseOther, isEarlier, otherDates, pooled, sameBands } from './swipe';

interface Other {
  detail: ChipDetail;
  pixels: ChipPixels;
  around: Around | null;
}

export class Swipe {
  on = $state(recall('chip swipe') === 'on');
  /** Where the divider stands, 0-1 of the width. */
  at = $state(0.5);
  other = $state.raw<Other | null>(null);
  problem = $state<string | null>(null);
  private scene = $state<string | null>(null);

  constructor(private readonly chip: ChipState) {}

  readonly dates: readonly ChipDate[] = $derived.by(() => (this.chip.detail ? otherDates(this.chip.detail) : []));
  /** The date that is compared with; null where the place has no other. */
  readonly chosen: ChipDate | null = $derived.by(() => {
    const { detail } = this.chip;
    return detail ? chooseOther(detail, workspace.taskInfo?.about ?? 'date', this.scene) : null;
  });
  readonly earlier = $derived.by(() =>
    this.chosen && this.chip.detail ? isEarlier(this.chosen, this.chip.detail) : false,
  );
  /** Whether it can be seen: the other date's pixels are there and lie on this chip's. */
  readonly shown = $derived(this.on && this.other !== null && this.other.detail.chip.id === this.chosen?.chip_id);

  /** How both are looked at: with one stretch, unless the person has set it by hand. */
  readonly look: Look | null = $derived.by(() => {
    const { look, choice, detail, channels } = this.chip;
    const { other } = this;
    if (!look || !choice || !detail || !this.shown || !other || choice.stretch === 'manual') return look;
    const stretch = stretchOf(choice, detail);
    const theirs = rangesFor(
      channels,
      { stretch, ranges: [] },
      other.pixels,
      statedRanges(choice.source, other.detail),
    );
    return { ...look, stretch: pooled(look.stretch, theirs) };
  });

  turn(): void {
    this.on = !this.on;
    if (this.on) this.at = 0.5;
    this.chip.beside = false;
    remember('chip swipe', this.on ? 'on' : 'off');
  }

  choose(scene: string): void {
    this.scene = scene;
  }

  /** One date, then the other. */
  blink(): void {
    if (!this.chosen) return;
    if (!this.on) this.turn();
    this.at = blinked(this.at);
  }

  /** Brings the other date's pixels; what was asked for last stands. */
  async bring(chosen: ChipDate, own: ChipDetail): Promise<void> {
    this.problem = null;
    const id = chosen.chip_id!;
    try {
      const detail = await loadDetail(id);
      if (detail.pixels_problem) throw new Error(detail.pixels_problem.title);
      if (!sameBands(own, detail)) throw new Error(`${chosen.scene_id} has other bands`);
      const pixels = await loadPixels(detail);
      const around = this.chip.surroundings ? await loadAround(detail).catch(() => null) : null;
      if (this.chosen?.chip_id === id) this.other = { detail, pixels, around };
    } catch (error) {
      if (this.chosen?.chip_id === id) this.problem = asProblem(error).title;
    }
  }
}
