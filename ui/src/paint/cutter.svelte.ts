/** Where a threshold lies: through which band or index, at which value, and what the other side becomes. */
import { bandExpression, type Expression, otsu, parseFormulas, percentile, UNLABELLED } from '../canvas';
import { figure } from '../chip/figures';
import type { ChipDetail } from '../lib/types';
import { recall, remember } from '../lib/stored';
import type { PaintDoc } from './doc.svelte';
import { type Cut, type Values, valuesOf } from './tools';
import { usualIndices } from './views/arrangement';

export interface CutLayer {
  name: string;
  title: string;
  expression: Expression;
}

/** Steps of the keys and of the slider, from the least value to the largest. */
export const CUT_STEPS = 200;
/** Percent of the values at each end that tell nothing of where to cut. */
const ENDS = 0.1;

/** Indices, those first that views begin with; then the bands. */
export function cutLayers({ indices, bands }: Pick<ChipDetail, 'indices' | 'bands'>): CutLayer[] {
  return [
    ...usualIndices(indices).map(({ name, formula }): CutLayer => {
      return { name, title: name, expression: parseFormulas(formula, bands)[0]! };
    }),
    ...bands.map(({ name }, at): CutLayer => {
      return { name: `band ${name}`, title: `Band ${name}`, expression: bandExpression(at, name) };
    }),
  ];
}

export class Cutter {
  private asked = $state(recall('paint cut'));
  /** Null: where Otsu's method has it. */
  private set = $state<number | null>(null);
  above = $state(recall('paint cut side') !== 'below');
  /** By scheme it is another class; undefined: nobody has chosen. */
  private chosen = $state<number | null | undefined>(undefined);

  readonly layers: readonly CutLayer[] = $derived.by(() => {
    const { detail } = this.doc();
    return detail ? cutLayers(detail) : [];
  });
  readonly layer: CutLayer | null = $derived(
    this.layers.find(({ name }) => name === this.asked) ?? this.layers[0] ?? null,
  );
  /** Values of the chip. */
  readonly sorted = $derived.by(() => {
    const { pixels } = this.doc();
    return pixels && this.layer ? pixels.sorted(this.layer.expression) : new Float32Array();
  });
  /** Ends of the slider. A normalised difference of values below zero may lie anywhere. */
  readonly range: [number, number] = $derived.by(() => {
    if (this.sorted.length === 0) return [0, 1];
    const normalised = this.layer?.expression.normalised ?? false;
    const low = normalised ? Math.max(-1, this.sorted[0]!) : percentile(this.sorted, ENDS);
    const high = normalised ? Math.min(1, this.sorted.at(-1)!) : percentile(this.sorted, 100 - ENDS);
    return low < high ? [low, high] : [low, low + 1];
  });
  readonly automatic = $derived(otsu(this.sorted, ...this.range));
  /** NaN: the chip has no value. */
  readonly at = $derived(this.set ?? this.automatic);
  /** What is taken, in words. */
  readonly rule = $derived(
    this.layer && Number.isFinite(this.at)
      ? `${this.layer.title} ${this.above ? '≥' : '≤'} ${figure(this.at, 3)}`
      : 'No value here',
  );
  readonly byHand = $derived(this.set !== null);
  /** Share of the values that are taken, 0 to 1. */
  readonly share = $derived.by(() => {
    const { sorted, at, above } = this;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (above ? sorted[middle]! < at : sorted[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return sorted.length === 0 ? 0 : (above ? sorted.length - low : low) / sorted.length;
  });
  /** Class of the other side; of two classes it is the other one unless somebody says otherwise. */
  readonly other: number | null = $derived.by(() => {
    const others = this.others;
    if (this.chosen === undefined) return others.length === 1 ? others[0]!.code : null;
    return others.some(({ code }) => code === this.chosen) ? this.chosen : null;
  });
  readonly others = $derived.by(() => this.classes().filter(({ code }) => code !== this.code()));
  private readonly values: Values | null = $derived.by(() => {
    const { pixels } = this.doc();
    if (!pixels || !this.layer || this.sorted.length === 0) return null;
    const [low, high] = this.range;
    return { ...valuesOf(pixels, this.layer.expression), low, high };
  });
  readonly cut: Cut | null = $derived.by(() => {
    const { values, at, above, other } = this;
    return values && this.code() !== UNLABELLED ? { values, at, above, other } : null;
  });

  constructor(
    private readonly doc: () => PaintDoc,
    private readonly classes: () => readonly { code: number; title: string }[],
    private readonly code: () => number,
  ) {}

  /** Null: where Otsu's method has it, on this chip and the next. */
  to(value: number | null): void {
    this.set = value;
  }

  step(steps: number): void {
    const [low, high] = this.range;
    this.set = Math.min(high, Math.max(low, this.at + (steps * (high - low)) / CUT_STEPS));
  }

  through(name: string): void {
    if (this.layer?.name !== name) this.set = null;
    this.asked = name;
    remember('paint cut', name);
  }

  side(above: boolean): void {
    this.above = above;
    remember('paint cut side', above ? 'above' : 'below');
  }

  leave(code: number | null): void {
    this.chosen = code;
  }
}
