/** Masks that are there already, brought into the own layer to be corrected. */
import { NO_CONFIDENCE, UNLABELLED } from '../canvas';
import { get, request } from '../lib/api';
import { session } from '../lib/session.svelte';
import type { Annotations, SchemeClass } from '../lib/types';
import { ORIGIN, type Planes } from './contract';
import type { PaintDoc } from './doc.svelte';
import { fetchPlanes } from './fetching';
import { emptyPlanes, patchFrom } from './planes';
import { PngError, readPng } from './png';

/** Events that one page of the journal brings. */
const PAGE = 10_000;

/** Who has a mask of this chip, beside the person themself. */
export async function makersOf({ chipId, task }: Pick<PaintDoc, 'chipId' | 'task'>): Promise<string[]> {
  const found = new Set<string>();
  for (let since = 0, more = true; more;) {
    const about = { chip_id: chipId, task, kind: 'mask', active: true, since, limit: PAGE };
    const { events } = await get<Annotations>('/annotations', about);
    for (const one of events) found.add(one.actor);
    since = events.at(-1)?.seq ?? since;
    more = events.length === PAGE;
  }
  return [...found].filter((name) => name !== session.actor).sort();
}

/** Somebody else's mask; its pixels keep their origins. Tells how many pixels came. */
export async function loadFrom(doc: PaintDoc, actor: string): Promise<number> {
  const planes = await fetchPlanes(doc.chipId, { task: doc.task, actor });
  // what the product says is derived, and stands by itself
  for (let at = 0; at < planes.origin.length; at++) {
    if (planes.origin[at] === ORIGIN.product) planes.origin[at] = ORIGIN.none;
  }
  return taken(doc, planes);
}

/** A file: the GeoTIFF that GET mask gives, with other pixels, or a PNG whose values are class codes. */
export async function loadFile(doc: PaintDoc, file: File, classes: readonly SchemeClass[]): Promise<number | null> {
  if (/\.png$/i.test(file.name) || file.type === 'image/png') return loadPng(doc, file, classes);
  await doc.quiet();
  const query = { task: doc.task, layer: 'page' };
  await request(`/chips/${encodeURIComponent(doc.chipId)}/mask`, query, {
    method: 'PUT',
    headers: { 'Content-Type': 'image/tiff' },
    body: file,
  });
  await doc.renew();
  return null;
}

async function loadPng(doc: PaintDoc, file: File, classes: readonly SchemeClass[]): Promise<number> {
  const { own } = doc;
  if (!own) throw new PngError('The labels of this chip are not there yet.');
  const { data } = await readPng(file, own.cols, own.rows);
  const known = new Set([...classes.map((one) => one.code), UNLABELLED]);
  const strange = [...new Set(data)].filter((code) => !known.has(code)).sort((a, b) => a - b);
  if (strange.length > 0)
    throw new PngError(
      `The image has the codes ${strange.slice(0, 8).join(', ')}, which are no classes of this task. It knows ${classes
        .map(({ code, title }) => `${code} ${title}`)
        .join(', ')} and 255 (unlabelled).`,
    );
  return taken(doc, planesFrom(data, own, session.may('review') ? ORIGIN.import : ORIGIN.human));
}

function planesFrom(codes: Uint8Array, { rows, cols }: Planes, origin: number): Planes {
  const planes = emptyPlanes(rows, cols);
  planes.classes.set(codes);
  for (let at = 0; at < codes.length; at++) if (codes[at] !== UNLABELLED) planes.origin[at] = origin;
  planes.confidence.fill(NO_CONFIDENCE);
  return planes;
}

function taken(doc: PaintDoc, planes: Planes): number {
  const pixels = planes.origin.reduce((sum, origin) => sum + (origin === ORIGIN.none ? 0 : 1), 0);
  if (pixels > 0) doc.apply(patchFrom(planes), { tool: 'load' });
  return pixels;
}
