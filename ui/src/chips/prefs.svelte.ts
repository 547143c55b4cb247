/** How a person likes the wall; kept in the browser. */
import { recall, remember } from '../lib/stored';
import { isRamp, type RampName } from '../canvas';
import { SIZES } from './layout';
import { PLAIN_TONE, type Tone } from './tone';

interface Saved extends Tone {
  size: number;
  /** Name of a layer, or `=FORMULA`. */
  layer: string;
  /** Of layers of one value; null: what suits. */
  ramp: RampName | null;
  stretch: 'scene' | 'chip';
  mask: boolean;
  opacity: number;
  captions: boolean;
}

const USUAL: Saved = {
  size: SIZES.usual,
  layer: 'natural',
  ramp: null,
  stretch: 'scene',
  ...PLAIN_TONE,
  mask: false,
  opacity: 0.5,
  captions: true,
};

function saved(): Saved {
  try {
    const told = JSON.parse(recall('wall') ?? '{}') as Partial<Saved>;
    const size = Math.min(SIZES.most, Math.max(SIZES.least, Number(told.size) || USUAL.size));
    return { ...USUAL, ...told, size, ramp: isRamp(told.ramp) ? told.ramp : null };
  } catch {
    return { ...USUAL };
  }
}

export class Prefs {
  private kept = $state<Saved>(saved());

  get size(): number {
    return this.kept.size;
  }
  get layer(): string {
    return this.kept.layer;
  }
  get ramp(): RampName | null {
    return this.kept.ramp;
  }
  get stretch(): 'scene' | 'chip' {
    return this.kept.stretch;
  }
  get brightness(): number {
    return this.kept.brightness;
  }
  get contrast(): number {
    return this.kept.contrast;
  }
  get gamma(): number {
    return this.kept.gamma;
  }
  get mask(): boolean {
    return this.kept.mask;
  }
  get opacity(): number {
    return this.kept.opacity;
  }
  get captions(): boolean {
    return this.kept.captions;
  }

  /** So many steps of the slider larger; a negative number, smaller. */
  resize(steps: number): void {
    const size = this.kept.size + steps * 2 * SIZES.step;
    this.set({ size: Math.min(SIZES.most, Math.max(SIZES.least, size)) });
  }

  set(change: Partial<Saved>): void {
    Object.assign(this.kept, change);
    remember('wall', JSON.stringify(this.kept));
  }
}
