/** What the label map of a scene can be taken along as, and how scenes' labels meet. Pure. */
import type { Query } from '../lib/api';

export const FILES = [
  {
    style: 'codes',
    ending: '.tif',
    title: 'Class codes',
    about: 'GeoTIFF of one grey level a class, with colour table; the names are in its tag CLASSES',
  },
  {
    style: 'codes',
    ending: '.tif.aux.xml',
    title: 'Class names',
    about: 'Put it beside the class codes: QGIS and GDAL read the names of the classes from it',
  },
  { style: 'colour', ending: '.tif', title: 'Coloured', about: 'GeoTIFF of red, green, blue and alpha' },
  {
    style: 'origin',
    ending: '.tif',
    title: 'Origins',
    about: 'GeoTIFF of who said each pixel (people, model, import …) and how sure',
  },
] as const;
export type MapFile = (typeof FILES)[number];

export const RULES = [
  { value: 'agree', title: 'Agree', about: 'Only what all scenes say.' },
  { value: 'first', title: 'First wins', about: 'What the first scene says; where it says nothing, the next one.' },
  {
    value: 'both',
    title: 'Keep both',
    about: 'What each says is kept; where there can be but one class, the first wins.',
  },
] as const;

export type RuleName = (typeof RULES)[number]['value'];

/** The query of a map; no level: the finest that was decided. */
export function mapQuery(task: string, level: number | null): Query {
  return level === null ? { task } : { task, level };
}

/** `groundset fuse` as one would type it. */
export function fuseCommand(
  place: string,
  task: string,
  scenes: readonly string[],
  rule: RuleName,
  onto: string,
): string {
  const quoted = (text: string): string =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const said = ['groundset fuse', quoted(place), '--task', quoted(task), '--scenes', quoted(scenes.join(','))];
  if (rule !== 'agree') said.push('--rule', rule);
  if (onto !== scenes[0]) said.push('--onto', quoted(onto));
  return said.join(' ');
}
