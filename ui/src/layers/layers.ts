/** Layers as people choose them: in groups, and as the one string that the server reads (chips/looks.py). */
import { isRamp, parseFormulas, type BandName } from '../canvas';
import { shortTitle } from '../chip/figures';
import type { Index, Layer } from '../lib/types';

export interface Offer {
  bands: readonly BandName[];
  layers: readonly Layer[];
  indices: readonly Index[];
}

export interface LayerOption {
  name: string;
  title: string;
  /** Bands or formula, small. */
  note: string;
  /** Whether one value is shown, in the colours of a scale. */
  single: boolean;
}

export interface LayerGroup {
  title: string;
  options: LayerOption[];
}

/** What suffixes of a layer say. */
export interface LayerSaid {
  name: string;
  ramp?: string | null;
  stretch?: 'scene' | 'chip' | null;
}

const GROUPS: [Layer['group'], string][] = [
  ['composite', 'Composites'],
  ['radar', 'Radar'],
  ['own', 'Own views'],
  ['band', 'Bands'],
];

/** Everything that there is to see, in groups without empty ones; indices come before single bands. */
export function groupsOf(offer: Offer): LayerGroup[] {
  const groups = GROUPS.map(([group, title]) => ({
    title,
    options: offer.layers.filter((one) => (one.group ?? 'composite') === group).map(optionOf),
  }));
  const indices = { title: 'Indices', options: offer.indices.map(indexOption) };
  return [...groups.slice(0, 1), indices, ...groups.slice(1)].filter((one) => one.options.length > 0);
}

function optionOf(layer: Layer): LayerOption {
  const own = layer.group === 'own';
  const note = own ? (layer.formulas ?? []).join('; ') : layer.group === 'band' ? '' : layer.bands.join(' ');
  const single = (layer.formulas ?? []).length === 1 || layer.bands.length === 1;
  return { name: layer.name, title: layer.title, note: note === layer.title ? '' : note, single };
}

function indexOption(index: Index): LayerOption {
  return { name: index.name, title: index.name, note: shortTitle(index.title), single: true };
}

export function findOption(groups: readonly LayerGroup[], name: string): LayerOption | null {
  return groups.flatMap((group) => group.options).find((one) => one.name === name) ?? null;
}

/** The string that names a layer with how it is shown. */
export function layerText({ name, ramp, stretch }: LayerSaid): string {
  return name + (ramp ? `@ramp=${ramp}` : '') + (stretch === 'chip' ? '@stretch=chip' : '');
}

/** A layer string, taken apart again. */
export function layerSaid(text: string): LayerSaid {
  const [name = '', ...said] = text.split(/@(?=(?:ramp|range|stretch)=)/);
  const value = (key: string) => said.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
  const ramp = value('ramp');
  return { name, ramp: isRamp(ramp) ? ramp : null, stretch: value('stretch') === 'chip' ? 'chip' : 'scene' };
}

/** Whether a layer's name is an expression; what it says may still be wrong. */
export function isFormula(name: string): boolean {
  return name.startsWith('=');
}

/** Whether a formula shows one value (not red, green, blue); true also while it is wrong. */
export function isSingle(text: string, bands: readonly BandName[]): boolean {
  try {
    return parseFormulas(text, bands).length === 1;
  } catch {
    return true;
  }
}

/** A name that a view may have, from its title. */
export function slug(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64);
}
