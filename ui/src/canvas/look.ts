/** How pixels become colours: all that a canvas needs to know beside the pixels themselves. */

import type { Expression } from './expression';
import type { Ramp } from './ramps';

/** Physical values that become black and white; `low` above `high` turns the channel round. */
export interface Range {
  low: number;
  high: number;
}

/** After the stretch, in this order: invert, gamma, contrast, brightness; then saturation (of three channels only). */
export interface Adjust {
  gamma: number;
  brightness: number;
  contrast: number;
  saturation: number;
  invert: boolean;
}

export const PLAIN: Adjust = { gamma: 1, brightness: 0, contrast: 1, saturation: 1, invert: false };

export const OVERLAYS = ['none', 'class', 'outline', 'origin', 'confidence'] as const;
export type OverlayMode = (typeof OVERLAYS)[number];

export interface Overlay {
  mode: OverlayMode;
  opacity: number;
  /** RGBA bytes for each of 256 values of the plane that the mode shows; alpha 0 hides a value. */
  colours: Uint8Array;
}

export interface Look {
  /** One expression is drawn by the ramp, three are red, green and blue. */
  channels: readonly Expression[];
  stretch: readonly Range[];
  ramp: Ramp;
  adjust: Adjust;
  /** Three channels toned in CIE Lab: bright things keep their hue. */
  lab?: boolean;
  overlay: Overlay;
  /** Between pixels when zoomed in: the pixel itself, or a smooth curve through its neighbours until `gridFrom`. */
  interpolation: 'nearest' | 'bicubic';
  /** Lines between pixels from this zoom on (CSS pixels a pixel); 0 for none. */
  gridFrom: number;
}

/** Colours around and behind the image, 0-1. */
export interface Theme {
  checkerA: readonly [number, number, number];
  checkerB: readonly [number, number, number];
  /** Along the chip, where what is around it is seen too. */
  edge: readonly [number, number, number];
}

export const THEMES: Record<'dark' | 'light', Theme> = {
  dark: { checkerA: [0.115, 0.125, 0.135], checkerB: [0.13, 0.14, 0.15], edge: [0.92, 0.94, 0.95] },
  light: { checkerA: [0.95, 0.957, 0.963], checkerB: [0.925, 0.933, 0.942], edge: [0.16, 0.19, 0.21] },
};
