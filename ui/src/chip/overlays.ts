/** Colours and legends of what lies over the picture. */
import { parseColour, ramp, type MaskPixels, type OverlayMode } from '../canvas';
import type { SchemeClass } from '../lib/types';

/** Where a pixel's class comes from (core/constants.py). */
export const ORIGINS: { value: number; name: string; title: string; color: string }[] = [
  { value: 1, name: 'human', title: 'Person', color: '#3fb37f' },
  { value: 2, name: 'model', title: 'Model', color: '#8b7cf6' },
  { value: 3, name: 'region', title: 'Region', color: '#e2a33b' },
  { value: 4, name: 'import', title: 'File', color: '#3f9be0' },
  { value: 5, name: 'consensus', title: 'Consensus', color: '#e06fae' },
  { value: 6, name: 'flag', title: 'Product flag', color: '#9aa5b1' },
];

export const CONFIDENCE_RAMP = 'plasma';

export function originTitle(value: number): string {
  return ORIGINS.find((one) => one.value === value)?.title ?? 'none';
}

/** 256 colours for the plane that a mode shows; hidden classes and values without a meaning are clear. */
export function overlayColours(
  mode: OverlayMode,
  classes: readonly SchemeClass[],
  hidden: readonly number[],
): Uint8Array {
  const table = new Uint8Array(256 * 4);
  if (mode === 'confidence') return confidenceColours(table);
  const entries =
    mode === 'origin'
      ? ORIGINS.map((one) => ({ at: one.value, color: one.color }))
      : classes.map((one) => ({ at: one.code, color: one.color }));
  for (const { at, color } of entries) {
    if (at >= 255 || (mode !== 'origin' && hidden.includes(at))) continue;
    table.set([...parseColour(color), 255], at * 4);
  }
  return table;
}

function confidenceColours(table: Uint8Array): Uint8Array {
  const colours = ramp(CONFIDENCE_RAMP);
  for (let percent = 0; percent <= 100; percent++) {
    const at = Math.round(percent * 2.55) * 4;
    table.set(colours.subarray(at, at + 4), percent * 4);
  }
  return table;
}

export interface LegendRow {
  value: number;
  title: string;
  color: string;
  pixels: number;
  share: number;
}

/** Classes of the mask, most pixels first; `share` of all pixels of the chip. */
export function classLegend(mask: MaskPixels, classes: readonly SchemeClass[]): LegendRow[] {
  return legend(mask, 0, (code) => {
    const found = classes.find((one) => one.code === code);
    return { title: found?.title ?? `class ${code}`, color: found?.color ?? '#808080' };
  });
}

export function originLegend(mask: MaskPixels): LegendRow[] {
  return legend(mask, 1, (value) => {
    const found = ORIGINS.find((one) => one.value === value);
    return { title: found?.title ?? 'none', color: found?.color ?? '#808080' };
  });
}

function legend(
  mask: MaskPixels,
  plane: 0 | 1,
  name: (value: number) => { title: string; color: string },
): LegendRow[] {
  const all = mask.rows * mask.cols;
  return [...mask.counts(plane)]
    .map(([value, pixels]) => ({ value, pixels, share: pixels / all, ...name(value) }))
    .sort((a, b) => b.pixels - a.pixels);
}
