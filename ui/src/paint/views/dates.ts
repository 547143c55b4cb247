/** The same ground at other dates: which there are, and their pixels on this chip's grid. */
import {
  bilinear,
  ChipPixels,
  cornersOf,
  isAffine,
  toMap,
  toPixel,
  type Affine,
  type Corners,
  type Samples,
} from '../../canvas';
import { loadDetail, loadPixels, Recent } from '../../chip/load';
import { get } from '../../lib/api';
import type { ChipDetail, ChipPage, ChipRow } from '../../lib/types';

/** Another image of the same ground. */
export interface Dated {
  scene: string;
  datetime: string;
  /** YYYY-MM-DD */
  day: string;
  chips: string[];
}

/** What the nearest one is called in an arrangement; so are those before and after. */
export const NEAREST = 'nearest';
/** Chips of one other scene that may lie over a chip; grids of other sizes have more of them. */
const MOST_CHIPS = 16;
const MOST_FOUND = 400;
/** Of the chip's own width: neighbours that only touch it are left out. */
const EDGE = 0.01;

const found = new Recent<Dated[]>();

/** Other dates of a chip's ground, the earliest first. */
export function findDates(detail: ChipDetail): Promise<Dated[]> {
  return found.get(detail.chip.id, async () => {
    const { bbox, level } = detail.chip;
    const [west, south, east, north] = bbox as [number, number, number, number];
    if (!detail.crs || !detail.chip.datetime || west > east) return [];
    const [dx, dy] = [(east - west) * EDGE, (north - south) * EDGE];
    const box = [west + dx, south + dy, east - dx, north - dy].join(', ');
    const filter = `level = ${level} AND S_INTERSECTS(geometry, BBOX(${box}))`;
    const page = await get<ChipPage>('/chips', { filter, limit: MOST_FOUND });
    return datesOf(detail.chip, page.chips);
  });
}

/** Chips by scene; the own scene and those without a date are left out. */
export function datesOf(own: Pick<ChipRow, 'scene_id'>, chips: readonly ChipRow[]): Dated[] {
  const scenes = new Map<string, Dated>();
  for (const { id, scene_id: scene, datetime } of chips) {
    if (scene === own.scene_id || !datetime) continue;
    const one = scenes.get(scene) ?? { scene, datetime, day: datetime.slice(0, 10), chips: [] };
    if (one.chips.length < MOST_CHIPS) one.chips.push(id);
    scenes.set(scene, one);
  }
  return [...scenes.values()].sort((a, b) => a.datetime.localeCompare(b.datetime) || a.scene.localeCompare(b.scene));
}

/** The one that a view asks for: `nearest`, `before`, `after`, or a day; null where there is none. */
export function chooseDate(dates: readonly Dated[], datetime: string | null | undefined, when: string): Dated | null {
  if (!datetime) return null;
  if (when === 'before') return dates.findLast((one) => one.datetime < datetime) ?? null;
  if (when === 'after') return dates.find((one) => one.datetime > datetime) ?? null;
  if (when !== NEAREST) return dates.find((one) => one.day === when) ?? null;
  const away = (one: Dated) => Math.abs(Date.parse(one.datetime) - Date.parse(datetime));
  return dates.reduce<Dated | null>((best, one) => (best && away(best) <= away(one) ? best : one), null);
}

/** The same ground in another image: its pixels where this chip's are. */
export interface Other {
  dated: Dated;
  detail: ChipDetail;
  pixels: ChipPixels;
}

const others = new Recent<Other>(4);

export function loadOther(detail: ChipDetail, dated: Dated): Promise<Other> {
  return others.get(`${detail.chip.id} ${dated.scene}`, async () => {
    const details = await Promise.all(dated.chips.map((id) => loadDetail(id)));
    const there = details.filter((one) => !one.pixels_problem);
    const pixels = await Promise.all(there.map((one) => loadPixels(one)));
    return {
      dated,
      detail: details[0]!,
      pixels: onGridOf(
        detail,
        there.map((one, i) => ({ detail: one, pixels: pixels[i]! })),
      ),
    };
  });
}

type Lying = Pick<ChipDetail, 'crs' | 'transform' | 'geometry'> & { chip: Pick<ChipRow, 'width' | 'height'> };

/** Nearest pixels of other chips, on a chip's own grid; what none of them has is invalid. */
export function onGridOf(detail: Lying, parts: readonly { detail: Lying; pixels: ChipPixels }[]): ChipPixels {
  const { width: cols, height: rows } = detail.chip;
  const first = parts[0]?.pixels;
  if (!first) throw new Error('none of its chips can be read');
  const size = rows * cols;
  const Kind = first.data.constructor as new (length: number) => Samples;
  const data = new Kind(first.bands.length * size);
  const valid = new Uint8Array(size);
  for (const part of parts) {
    const { pixels } = part;
    const place = placement(detail, part.detail);
    if (!place || pixels.bands.length !== first.bands.length) continue;
    const from = pixels.rows * pixels.cols;
    for (let row = 0, i = 0; row < rows; row++)
      for (let col = 0; col < cols; col++, i++) {
        if (valid[i]) continue;
        const at = place(col + 0.5, row + 0.5);
        if (!at) continue;
        const [c, r] = [Math.floor(at[0]), Math.floor(at[1])];
        if (c < 0 || r < 0 || c >= pixels.cols || r >= pixels.rows || !pixels.isValid(r, c)) continue;
        valid[i] = 1;
        for (let band = 0, to = i, of = r * pixels.cols + c; band < first.bands.length; band++, to += size, of += from)
          data[to] = pixels.data[of]!;
      }
  }
  return new ChipPixels({ dtype: '', shape: [first.bands.length, rows, cols], data }, first.bands, valid);
}

type Place = (col: number, row: number) => [number, number] | null;

/** Where a place in pixels of one chip lies in pixels of another: through their CRS, or else through degrees. */
export function placement(ours: Lying, theirs: Lying): Place | null {
  if (!isAffine(ours.transform) || !isAffine(theirs.transform)) return null;
  const [a, b] = [affine(ours), affine(theirs)];
  if (ours.crs && ours.crs === theirs.crs) return (col, row) => toPixel(b, ...toMap(a, col, row));
  const [from, to] = [corners(ours, a), corners(theirs, b)];
  if (!from || !to) return null;
  const { width, height } = ours.chip;
  const ends = (['topLeft', 'topRight', 'bottomRight', 'bottomLeft'] as const).map((name) => {
    const at = inverse(to, from[name][0], from[name][1]);
    return [at[0] * theirs.chip.width, at[1] * theirs.chip.height] as const;
  });
  const quad = { topLeft: ends[0]!, topRight: ends[1]!, bottomRight: ends[2]!, bottomLeft: ends[3]! };
  return (col, row) => bilinear(quad, col / width, row / height);
}

function affine(one: Lying): Affine {
  return one.transform!.slice(0, 6) as unknown as Affine;
}

function corners(one: Lying, t: Affine): Corners | null {
  return cornersOf(one.geometry, { east: t[0] >= 0, south: t[4] <= 0 });
}

/** The part (0-1 from left to right, from top to bottom) of a quadrilateral at which a place lies; by Newton's steps. */
export function inverse(c: Corners, x: number, y: number): [number, number] {
  let [u, v] = [0.5, 0.5];
  for (let step = 0; step < 8; step++) {
    const [px, py] = bilinear(c, u, v);
    const part = (i: 0 | 1) => ({
      u: (1 - v) * (c.topRight[i] - c.topLeft[i]) + v * (c.bottomRight[i] - c.bottomLeft[i]),
      v: (1 - u) * (c.bottomLeft[i] - c.topLeft[i]) + u * (c.bottomRight[i] - c.topRight[i]),
    });
    const [gx, gy] = [part(0), part(1)];
    const det = gx.u * gy.v - gx.v * gy.u;
    if (det === 0) break;
    u += ((x - px) * gy.v - (y - py) * gx.v) / det;
    v += ((y - py) * gx.u - (x - px) * gy.u) / det;
  }
  return [u, v];
}
