/** How one picture is looked at: what was chosen, and what that comes to on its pixels. The panels of a look need no more. */
import { ExpressionError, type ChipPixels, type Expression, type Look, type Ramp, type Range } from '../canvas';
import { remember } from '../lib/stored';
import type { ChipDetail, Problem, SchemeClass } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import * as choices from './choice';
import { overlayColours } from './overlays';

/** From this zoom on (CSS pixels a pixel) thin lines part the pixels. */
export const GRID_FROM = 14;
/** A smooth picture becomes single pixels from here on. */
export const SMOOTH_UNTIL = 28;

const NONE: number[] = [];

export abstract class LookState {
  detail = $state.raw<ChipDetail | null>(null);
  pixels = $state.raw<ChipPixels | null>(null);
  pixelsProblem = $state.raw<Problem | null>(null);
  choice = $state.raw<choices.Choice | null>(null);

  /** What the overlay's values are called and coloured. */
  abstract readonly classes: readonly SchemeClass[];
  /** The layers may have changed. */
  abstract refresh(): Promise<void>;

  // apart from the whole choice, so that what does not change is not worked out again
  readonly source = $derived(this.choice?.source ?? null);
  private readonly overlay = $derived(this.choice?.overlay ?? 'none');
  private readonly hidden = $derived(this.choice?.hidden ?? NONE);

  /** The last source that could be shown of this chip's bands: what is seen while a formula is being written. */
  private valid: { id: string; source: choices.Source } | null = null;
  private readonly parsed: { channels: Expression[]; error: ExpressionError | null } = $derived.by(() => {
    if (!this.detail || !this.source) return { channels: [], error: null };
    try {
      const channels = choices.channelsOf(this.source, this.detail);
      this.valid = { id: this.detail.chip.id, source: this.source };
      return { channels, error: null };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return { channels: choices.channelsOf(this.validSource(this.detail), this.detail), error };
    }
  });
  readonly channels = $derived(this.parsed.channels);
  /** What is wrong with the formula. */
  readonly formulaError = $derived(this.parsed.error);
  /** Whether what is shown comes to no number anywhere, though the chip has pixels. */
  readonly valueless = $derived.by(() => {
    const { pixels, channels } = this;
    if (!pixels || this.parsed.error || !['formula', 'index'].includes(this.source?.kind ?? '')) return false;
    return !pixels.empty && channels.some((channel) => pixels.sorted(channel).length === 0);
  });
  readonly ranges: Range[] = $derived(
    this.pixels && this.choice && this.detail
      ? choices.rangesFor(
          this.channels,
          { stretch: choices.stretchOf(this.choice, this.detail), ranges: this.choice.ranges },
          this.pixels,
          this.parsed.error ? [] : choices.statedRanges(this.choice.source, this.detail),
        )
      : [],
  );
  readonly lab = $derived(this.detail && this.source ? choices.isLab(this.source, this.detail) : false);
  readonly ramp: Ramp = $derived(
    this.choice?.ramp ??
      (this.detail && this.source
        ? choices.rampFor(this.source, this.detail, this.channels)
        : choices.suitingRamp(this.channels)),
  );
  readonly gamma = $derived(this.choice ? choices.gammaOf(this.choice, this.channels.length, this.lab) : 1);
  readonly colours = $derived.by(() => overlayColours(this.overlay, this.classes, this.hidden));
  readonly look: Look | null = $derived.by(() => {
    const { choice, channels } = this;
    if (!choice || channels.length === 0) return null;
    return {
      channels,
      stretch: this.ranges,
      ramp: this.ramp,
      adjust: { ...choice.adjust, gamma: this.gamma },
      overlay: { mode: choice.overlay, opacity: choice.opacity, colours: this.colours },
      lab: this.lab,
      interpolation: choice.smooth ? 'bicubic' : 'nearest',
      gridFrom: choice.smooth ? SMOOTH_UNTIL : GRID_FROM,
    };
  });

  private validSource(detail: ChipDetail): choices.Source {
    return this.valid?.id === detail.chip.id ? this.valid.source : choices.defaultChoice(detail).source;
  }

  change(part: Partial<choices.Choice>): void {
    if (this.choice) this.choice = { ...this.choice, ...part };
  }

  adjust(part: Partial<choices.Choice['adjust']>): void {
    if (this.choice) this.change({ adjust: { ...this.choice.adjust, ...part } });
  }

  /** Back to how a chip is first seen; the overlay stays. */
  reset(): void {
    if (!this.detail || !this.choice) return;
    const { overlay, opacity, hidden } = this.choice;
    this.choice = { ...choices.defaultChoice(this.detail), overlay, opacity, hidden };
  }

  /** The choice as words for an address or a setting; a formula that is wrong stays in its field. */
  said(): choices.Words {
    if (!this.detail || !this.choice) return {};
    const source = this.formulaError ? this.validSource(this.detail) : this.choice.source;
    return choices.toWords({ ...this.choice, source }, this.detail);
  }

  /** The same; remembered for the sensor too. */
  keep(): choices.Words {
    const words = this.said();
    const told = Object.entries(words).filter((pair): pair is [string, string] => pair[1] !== null);
    if (this.detail) remember(lookName(this.detail), new URLSearchParams(told).toString());
    return words;
  }
}

/** What the look of a sensor's chips is remembered under. */
export function lookName(detail: ChipDetail): string {
  const sensor = detail.chip.sensor ?? detail.bands.map((band) => band.name).join(',');
  return `look ${workspace.info?.name ?? ''} ${sensor}`;
}
