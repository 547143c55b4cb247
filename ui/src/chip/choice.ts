/** What a person has chosen to see: kept in the address, remembered by sensor, turned into a look for the canvas. */
import {
  bandExpression,
  findBand,
  isRamp,
  OVERLAYS,
  parseFormulas,
  PLAIN,
  type Adjust,
  type Band,
  type ChipPixels,
  type Expression,
  type OverlayMode,
  type Ramp,
  type RampName,
  type Range,
} from '../canvas';
import type { Index, Layer } from '../lib/types';

export const STRETCHES = ['scene', 'chip', 'full', 'manual'] as const;
export type StretchMode = (typeof STRETCHES)[number];

/** Quicklooks are drawn with it (chips/render.py): the first sight of a chip and the canvas look alike. */
export const QUICKLOOK_GAMMA = 1.3;

export type Source =
  | { kind: 'layer'; name: string }
  | { kind: 'index'; name: string }
  | { kind: 'mix'; bands: string[] }
  | { kind: 'formula'; text: string };

export interface Choice {
  source: Source;
  stretch: StretchMode;
  ranges: Range[];
  /** Null: the ramp that suits what is shown. */
  ramp: RampName | null;
  /** Gamma null: the quicklooks' for three bands, else none. */
  adjust: Omit<Adjust, 'gamma'> & { gamma: number | null };
  smooth: boolean;
  overlay: OverlayMode;
  opacity: number;
  hidden: number[];
}

export interface Seen {
  bands: readonly Band[];
  layers: readonly Layer[];
  indices: readonly Index[];
}

/** Areas let the picture through; lines are thin enough to leave it free. */
export function usualOpacity(overlay: OverlayMode): number {
  return overlay === 'outline' ? 1 : 0.5;
}

/** Another overlay; an opacity that nobody chose becomes that overlay's own. */
export function withOverlay(choice: Choice, overlay: OverlayMode): Pick<Choice, 'overlay' | 'opacity'> {
  const plain = choice.opacity === usualOpacity(choice.overlay);
  return { overlay, opacity: plain ? usualOpacity(overlay) : choice.opacity };
}

export function defaultChoice(seen: Seen): Choice {
  const layer = seen.layers[0]?.name;
  const first = seen.bands[0]?.name;
  return {
    source: layer ? { kind: 'layer', name: layer } : { kind: 'mix', bands: first ? [first] : [] },
    stretch: 'scene',
    ranges: [],
    ramp: null,
    adjust: { ...PLAIN, gamma: null },
    smooth: true,
    overlay: 'none',
    opacity: usualOpacity('none'),
    hidden: [],
  };
}

// --- address --------------------------------------------------------------------------------------------------------

export type Words = Record<string, string | null>;

/** The choice as query parameters; what is as by default is null (left out). */
export function toWords(choice: Choice, seen: Seen): Words {
  const plain = defaultChoice(seen);
  const { source, adjust } = choice;
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const unless = (value: number, usual: number) => (value === usual ? null : short(value));
  return {
    layer: source.kind === 'layer' && !same(source, plain.source) ? source.name : null,
    index: source.kind === 'index' ? source.name : null,
    mix: source.kind === 'mix' && !same(source, plain.source) ? source.bands.map(encodeURIComponent).join(',') : null,
    formula: source.kind === 'formula' ? source.text : null,
    stretch:
      choice.stretch === 'manual'
        ? choice.ranges.map((r) => `${short(r.low)}:${short(r.high)}`).join(',')
        : choice.stretch === 'scene'
          ? null
          : choice.stretch,
    ramp: choice.ramp,
    gamma: adjust.gamma === null ? null : short(adjust.gamma),
    brightness: unless(adjust.brightness, 0),
    contrast: unless(adjust.contrast, 1),
    saturation: unless(adjust.saturation, 1),
    invert: adjust.invert ? '1' : null,
    smooth: choice.smooth ? null : '0',
    overlay: choice.overlay === 'none' ? null : choice.overlay,
    opacity: unless(choice.opacity, usualOpacity(choice.overlay)),
    hide: choice.hidden.length ? choice.hidden.join(',') : null,
  };
}

/** Reads the choice back; what this chip does not have, or is no number, stays as by default. */
export function fromWords(words: URLSearchParams, seen: Seen): Choice {
  const choice = defaultChoice(seen);
  choice.source = sourceOf(words, seen) ?? choice.source;
  const stretch = words.get('stretch');
  if (stretch === 'chip' || stretch === 'full') choice.stretch = stretch;
  const ranges = rangesOf(stretch ?? '');
  if (ranges.length) Object.assign(choice, { stretch: 'manual', ranges });
  const ramp = words.get('ramp');
  if (isRamp(ramp)) choice.ramp = ramp;
  const number = (name: string, low: number, high: number, usual: number) => {
    const value = parseFloat(words.get(name) ?? '');
    return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : usual;
  };
  choice.adjust = {
    gamma: words.has('gamma') ? number('gamma', 0.2, 4, 1) : null,
    brightness: number('brightness', -1, 1, 0),
    contrast: number('contrast', 0, 4, 1),
    saturation: number('saturation', 0, 4, 1),
    invert: words.get('invert') === '1',
  };
  choice.smooth = words.get('smooth') !== '0';
  const overlay = words.get('overlay') as OverlayMode;
  if (OVERLAYS.includes(overlay)) choice.overlay = overlay;
  choice.opacity = number('opacity', 0, 1, usualOpacity(choice.overlay));
  choice.hidden = (words.get('hide') ?? '').split(',').filter(Boolean).map(Number).filter(Number.isInteger);
  return choice;
}

export const WORDS = [
  'layer',
  'index',
  'mix',
  'formula',
  'stretch',
  'ramp',
  'gamma',
  'brightness',
  'contrast',
  'saturation',
  'invert',
  'smooth',
  'overlay',
  'opacity',
  'hide',
];

/** Former names of layers (chips/render.py). */
const ALIASES: Record<string, string> = { shortwave: 'vegetation-analysis' };

function sourceOf(words: URLSearchParams, seen: Seen): Source | null {
  const said = words.get('layer') ?? '';
  const layer = ALIASES[said] ?? said;
  if (seen.layers.some((one) => one.name === layer)) return { kind: 'layer', name: layer! };
  const index = words.get('index');
  if (seen.indices.some((one) => one.name === index)) return { kind: 'index', name: index! };
  const bands = (words.get('mix') ?? '').split(',').filter(Boolean).map(decoded);
  if ((bands.length === 1 || bands.length === 3) && bands.every((name) => findBand(name, seen.bands) >= 0))
    return { kind: 'mix', bands };
  const text = words.get('formula');
  return text ? { kind: 'formula', text } : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function rangesOf(text: string): Range[] {
  const ranges = text.split(',').map((pair) => {
    const [low, high] = pair.split(':').map((part) => (part === '' ? NaN : Number(part)));
    return { low: low ?? NaN, high: high ?? NaN };
  });
  return ranges.every((r) => Number.isFinite(r.low) && Number.isFinite(r.high)) ? ranges.slice(0, 3) : [];
}

/** At most seven figures: enough for a look, short in an address. */
export function short(value: number): string {
  return String(Number(value.toPrecision(7)));
}

// --- look -----------------------------------------------------------------------------------------------------------

/** The one or three expressions that a source shows. Throws ExpressionError for a formula that is wrong. */
export function channelsOf(source: Source, seen: Seen): Expression[] {
  if (source.kind === 'formula') return parseFormulas(source.text, seen.bands);
  if (source.kind === 'index') {
    const index = seen.indices.find((one) => one.name === source.name);
    return index ? parseFormulas(index.formula, seen.bands) : [];
  }
  const layer = layerOf(source, seen);
  if (layer?.formulas?.length) return parseFormulas(layer.formulas.join(';'), seen.bands);
  const names = source.kind === 'mix' ? source.bands : (layer?.bands ?? []);
  const found = names.map((name) => findBand(name, seen.bands)).filter((band) => band >= 0);
  const three = found.length >= 3 ? found.slice(0, 3) : found.slice(0, 1);
  return three.map((band) => bandExpression(band, seen.bands[band]!.name));
}

function layerOf(source: Source, seen: Seen): Layer | undefined {
  return source.kind === 'layer' ? seen.layers.find((one) => one.name === source.name) : undefined;
}

/** What the server says is black and white of a source in this scene; empty where it says nothing. */
export function statedRanges(source: Source, seen: Seen): Range[] {
  if (source.kind === 'index') {
    const index = seen.indices.find((one) => one.name === source.name);
    return index ? [{ low: index.low ?? -1, high: index.high ?? 1 }] : [];
  }
  return (layerOf(source, seen)?.ranges ?? []).map(([low, high]) => ({ low, high }));
}

/** A view of one's own may say that each chip is stretched for itself. */
export function stretchOf(choice: Choice, seen: Seen): StretchMode {
  const own = layerOf(choice.source, seen);
  return choice.stretch === 'scene' && own?.stretch === 'chip' ? 'chip' : choice.stretch;
}

export function isLab(source: Source, seen: Seen): boolean {
  return layerOf(source, seen)?.lab ?? false;
}

/** The scale that suits a source: an index has its own colours, a view of one's own says its scale. */
export function rampFor(source: Source, seen: Seen, channels: readonly Expression[]): Ramp {
  const index = source.kind === 'index' ? seen.indices.find((one) => one.name === source.name) : undefined;
  if (index?.ramp?.length) return index.ramp;
  const own = layerOf(source, seen)?.ramp;
  return isRamp(own) ? own : suitingRamp(channels);
}

/**
 * What becomes black and white. The scene knows its bands, the server says more (`stated`); a normalised difference is
 * always between -1 and 1.
 */
export function rangesFor(
  channels: readonly Expression[],
  choice: Pick<Choice, 'stretch' | 'ranges'>,
  pixels: ChipPixels,
  stated: readonly Range[] = [],
): Range[] {
  return channels.map((channel, i) => {
    const manual = choice.ranges[i] ?? choice.ranges[0];
    if (choice.stretch === 'manual' && manual) return manual;
    if (choice.stretch === 'scene') {
      const known = stated[i] ?? sceneRange(channel, pixels.bands);
      if (known) return known;
    }
    const [low, high] = choice.stretch === 'full' ? pixels.range(channel, 0, 100) : pixels.range(channel, 2, 98);
    return { low, high };
  });
}

/** Null where the scene's own values are not known: a formula, or bands without statistics. */
export function sceneRange(channel: Expression, bands: readonly Band[]): Range | null {
  if (channel.normalised) return { low: -1, high: 1 };
  if (channel.root.kind !== 'band') return null;
  const { low, high } = bands[channel.root.band]!;
  return typeof low === 'number' && typeof high === 'number' ? { low, high } : null;
}

/** Grey for a band; a diverging ramp for a normalised difference, which has a middle; else viridis. */
export function suitingRamp(channels: readonly Expression[]): RampName {
  const [only] = channels;
  if (!only || only.root.kind === 'band') return 'grey';
  return only.normalised ? 'brbg' : 'viridis';
}

export function gammaOf(choice: Choice, channels: number, lab = false): number {
  return choice.adjust.gamma ?? (channels === 3 && !lab ? QUICKLOOK_GAMMA : 1);
}
