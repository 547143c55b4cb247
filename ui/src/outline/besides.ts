/** What a view may show beside the scene that is outlined: other dates on the same grid, web maps. */
import { get } from '../lib/api';
import type { Backdrop, SceneRow } from '../lib/types';

export interface Besides {
  /** Scenes whose pixels lie where this one's do, the earliest first. */
  scenes: readonly SceneRow[];
  backdrops: readonly Backdrop[];
}

export const NO_BESIDES: Besides = { scenes: [], backdrops: [] };
/** Degrees: far less than a pixel of any sensor. */
const SAME = 1e-7;

export async function findBesides(own: SceneRow): Promise<Besides> {
  const none = (): [] => [];
  const [scenes, backdrops] = await Promise.all([
    get<SceneRow[]>('/scenes').catch(none),
    get<Backdrop[]>('/backdrops').catch(none),
  ]);
  return { scenes: onGridOf(own, scenes), backdrops: own.crs ? backdrops : [] };
}

/** The same pixels of the same ground at other times: an outline lies where it lies in all of them. */
export function onGridOf(own: SceneRow, scenes: readonly SceneRow[]): SceneRow[] {
  const { crs, bbox, width, height } = own;
  if (!crs || !bbox) return [];
  const same = (one: SceneRow): boolean =>
    one.id !== own.id &&
    one.crs === crs &&
    one.width === width &&
    one.height === height &&
    !!one.datetime &&
    !!one.bbox?.every((value, i) => Math.abs(value - bbox[i]!) < SAME);
  return scenes.filter(same).sort((a, b) => (a.datetime ?? '').localeCompare(b.datetime ?? ''));
}
