/** Columns of the table: what a chip has to say, each thing by itself. */
import { count, when } from '../lib/format';
import type { AttachedColumn, Attribute, ChipRow, Meaning, SchemeClass } from '../lib/types';
import type { Order } from './words';

export interface Told {
  classOf: (code: number) => SchemeClass | undefined;
}

export interface Column {
  id: string;
  title: string;
  /** In CSS pixels. */
  width: number;
  /** Drawn by the table itself; the others are text. */
  as?: 'label' | 'score' | 'guess';
  figures?: boolean;
  /** The list's order that this column can be put in. */
  order?: Order;
  text: (chip: ChipRow, told: Told) => string;
}

const share = (value: number): string => `${Math.floor(100 * value)} %`;

/** A score as people read it; the ends are only said where they are reached. */
export function scoreText(score: number | null | undefined): string {
  if (score === null || score === undefined || Number.isNaN(score)) return '';
  if (score > 0.995 && score < 1) return '> 0.99';
  if (score > 0 && score < 0.005) return '< 0.01';
  return score.toFixed(2);
}

export const MEANINGS: Record<Meaning, string> = {
  none: 'Score',
  similarity: 'Similarity',
  score: 'Score',
  confidence: 'Confidence',
};

/** Every column that the table can have; scores only where there is something to learn. */
export function columnsOf(
  attributes: readonly Attribute[],
  meaning: Meaning,
  learned: boolean,
  attached: readonly AttachedColumn[] = [],
): Column[] {
  const names = (codes: readonly number[] | undefined, { classOf }: Told): string =>
    (codes ?? []).map((code) => classOf(code)?.title ?? `class ${code}`).join(', ');
  return [
    { id: 'label', title: 'Label', width: 200, as: 'label', text: (chip, told) => names(chip.label?.classes, told) },
    ...(learned ? scores(meaning) : []),
    {
      id: 'negative',
      title: 'Said not to be',
      width: 140,
      text: (chip, told) => names(chip.label?.negative, told),
    },
    { id: 'reason', title: 'Reason', width: 120, text: (chip) => chip.label?.reason ?? '' },
    { id: 'datetime', title: 'Acquired, UTC', width: 156, figures: true, order: 'newest', text: time },
    {
      id: 'cloud_cover',
      title: 'Cloud',
      width: 68,
      figures: true,
      text: (chip) => (chip.cloud_cover === null ? '' : `${Math.round(chip.cloud_cover)} %`),
    },
    { id: 'valid_fraction', title: 'Valid', width: 68, figures: true, text: (chip) => share(chip.valid_fraction) },
    { id: 'split', title: 'Split', width: 80, text: (chip) => chip.split ?? '' },
    ...attributes.map((one): Column => ({ id: `attribute:${one.name}`, ...attribute(one) })),
    ...attached.map((one): Column => ({ id: `attached:${one.name}`, ...outside(one) })),
    { id: 'actors', title: 'Answered by', width: 130, text: (chip) => chip.label?.actors.join(', ') ?? '' },
    { id: 'answered_at', title: 'Answered', width: 156, figures: true, text: (chip) => when(chip.label?.answered_at) },
    { id: 'methods', title: 'Method', width: 96, text: (chip) => chip.label?.methods.join(', ') ?? '' },
    { id: 'training', title: 'Trains', width: 72, text: (chip) => (chip.label ? (chip.training ? 'yes' : 'no') : '') },
    { id: 'scene_id', title: 'Scene', width: 190, text: (chip) => chip.scene_id },
    { id: 'sensor', title: 'Sensor', width: 110, text: (chip) => chip.sensor ?? '' },
    { id: 'level', title: 'Level', width: 60, figures: true, text: (chip) => String(chip.level) },
    { id: 'grid_row', title: 'Row', width: 60, figures: true, text: (chip) => count(chip.grid_row) },
    { id: 'grid_col', title: 'Column', width: 68, figures: true, text: (chip) => count(chip.grid_col) },
    { id: 'size', title: 'Pixels', width: 92, figures: true, text: (chip) => `${chip.width} × ${chip.height}` },
    { id: 'group', title: 'Group', width: 110, text: (chip) => chip.group ?? '' },
    { id: 'west', title: 'Longitude', width: 92, figures: true, text: (chip) => middle(chip, 0) },
    { id: 'south', title: 'Latitude', width: 92, figures: true, text: (chip) => middle(chip, 1) },
  ];
}

function scores(meaning: Meaning): Column[] {
  return [
    {
      id: 'score',
      title: MEANINGS[meaning],
      width: 124,
      as: 'score',
      order: 'similar',
      text: (c) => scoreText(c.score),
    },
    { id: 'guess', title: 'Model says', width: 164, as: 'guess', text: () => '' },
  ];
}

/** Stands for all columns of attached files. */
export const OUTSIDE = 'attached';

/** Columns that a person sees before choosing. */
export const USUAL: readonly string[] = [
  'label',
  'score',
  'guess',
  'datetime',
  'cloud_cover',
  'valid_fraction',
  'split',
  OUTSIDE,
  'actors',
  'scene_id',
  'grid_row',
  'grid_col',
];

function time(chip: ChipRow): string {
  return chip.datetime ? chip.datetime.slice(0, 16).replace('T', ' ') : '';
}

function middle(chip: ChipRow, axis: 0 | 1): string {
  const box = chip.bbox as number[] | null;
  return box ? ((box[axis]! + box[axis + 2]!) / 2).toFixed(4) : '';
}

/** A value from outside as people read it: numbers with as many places as say something. */
export function saidOf(value: boolean | number | string | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return Math.abs(value) >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(4)));
}

function outside({ name, kind }: AttachedColumn): Omit<Column, 'id'> {
  return {
    title: name,
    width: Math.max(90, 24 + 7 * name.length),
    figures: kind === 'number',
    text: (chip) => saidOf(chip.attached?.[name]),
  };
}

function attribute({ name, title, kind }: Attribute): Omit<Column, 'id'> {
  return {
    title: title ?? name,
    width: 100,
    figures: kind === 'number',
    text: (chip) => {
      const value = chip.attributes?.[name];
      return value === undefined || value === null
        ? ''
        : value === true
          ? 'yes'
          : value === false
            ? 'no'
            : String(value);
    },
  };
}

/** What is chosen, with each column that comes from outside by its name. */
export function spelled(all: readonly Column[], chosen: readonly string[]): string[] {
  const outside = chosen.includes(OUTSIDE) ? all.filter((one) => one.id.startsWith(`${OUTSIDE}:`)) : [];
  return [...new Set([...chosen, ...outside.map((one) => one.id)])];
}

/** The chosen ones in the order of all; unknown names are left out. */
export function chosenOf(all: readonly Column[], chosen: readonly string[]): Column[] {
  const names = spelled(all, chosen);
  return all.filter((one) => names.includes(one.id));
}
