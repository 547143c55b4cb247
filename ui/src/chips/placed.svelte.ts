/** The list's chips on the ground: all of them where they are few, else those in view, first in the list's order. */
import type { Feature, FeatureCollection, Polygon } from 'geojson';
import { asProblem, get, isAbort, ProblemError } from '../lib/api';
import type { Problem, SchemeClass } from '../lib/types';
import { contains, grown, union, type Box } from '../map/geo';
import { type Point, bounds, inside } from './lasso';
import { type ChipList, paramsOf } from './list';

/** The most that the server puts into one answer. */
const MOST = 5000;
/** So many are asked for, one answer after the other, where a shape is drawn around them. */
const MOST_IN_SHAPE = 100_000;

export interface Properties {
  id: string;
  classes: number[];
  /** Classes that it was said not to be. */
  negative?: number[];
  value: string | null;
  split: string | null;
  scene_id: string;
  score?: number | null;
}
export type ChipFeature = Feature<Polygon | null, Properties>;
export type Chips = FeatureCollection<Polygon | null, Properties> & { numberMatched?: number };

/** What a map knows of its pixels. */
interface Screen {
  project: (place: [number, number]) => Point;
  unproject: (point: [number, number]) => { lng: number; lat: number };
}

export type By = 'label' | 'score';

/** Middle of a chip's outline, in degrees; null without one. */
export function centreOf(feature: ChipFeature): [number, number] | null {
  const ring = feature.geometry?.coordinates[0];
  if (!ring || ring.length < 4) return null;
  const corners = ring.slice(0, -1);
  const sum = corners.reduce(([x, y], p) => [x! + p[0]!, y! + p[1]!], [0, 0]);
  return [sum[0]! / corners.length, sum[1]! / corners.length];
}

/** The box around all that have a place; null where none has. */
export function extentOf(chips: readonly ChipFeature[]): Box | null {
  return union(chips.flatMap((one) => (one.geometry ? [boxOf(one.geometry)] : [])));
}

function boxOf(outline: Polygon): Box {
  const ring = outline.coordinates[0]!;
  const [xs, ys] = [ring.map((p) => p[0]!), ring.map((p) => p[1]!)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** With what the map's style needs: colour, and how strong fill and line are. */
export function painted(
  chips: readonly ChipFeature[],
  by: By,
  classOf: (code: number) => SchemeClass | undefined,
  colors: { plain: string; inHand: string },
): FeatureCollection {
  const features = chips
    .filter((one) => one.geometry !== null)
    .map((one) => ({ ...one, properties: { ...one.properties, ...lookOf(one.properties, by, classOf, colors) } }));
  return { type: 'FeatureCollection', features } as FeatureCollection;
}

function lookOf(
  { classes, negative, value, score }: Properties,
  by: By,
  classOf: (code: number) => SchemeClass | undefined,
  { plain, inHand }: { plain: string; inHand: string },
): { color: string; sure: boolean; fill: number; line: number } {
  if (by === 'score') {
    if (score === null || score === undefined) return { color: plain, sure: false, fill: 0.02, line: 0.25 };
    // the upper half is where the eye has to tell scores apart, and the image has to be seen below the lower one
    const strength = score ** 2;
    return { color: inHand, sure: true, fill: 0.02 + 0.78 * strength, line: 0.08 + 0.5 * strength };
  }
  // said not to be a class, and of no other: the outline alone has its colour
  const code = classes[0] ?? negative?.[0];
  const first = code === undefined ? undefined : classOf(code);
  if (classes.length === 0 && first) return { color: first.color, sure: false, fill: 0.02, line: 0.95 };
  const sure = first !== undefined && (value === null || value === 'positive');
  return {
    color: first?.color ?? plain,
    sure,
    fill: sure ? 0.42 : first ? 0.08 : 0.02,
    line: first ? 0.95 : 0.5,
  };
}

/** A list that is here as a whole (a suggestion): its chips by their boxes. */
function fromRows(list: ChipList): Chips {
  const features: ChipFeature[] = [];
  for (let i = 0; i < (list.total ?? 0); i++) {
    const chip = list.at(i);
    if (!chip) continue;
    const { id, label, split, scene_id, score } = chip;
    const { classes = [], negative = [], value = null } = label ?? {};
    const properties = { id, classes, negative, value, split, scene_id, score };
    features.push({ type: 'Feature', properties, geometry: chip.bbox ? outline(chip.bbox as Box) : null });
  }
  return { type: 'FeatureCollection', features, numberMatched: features.length };
}

function outline([w, s, e, n]: Box): Polygon {
  const ring = [
    [w, s],
    [e, s],
    [e, n],
    [w, n],
    [w, s],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

export class Placed {
  chips = $state.raw<ChipFeature[]>([]);
  /** Chips that there are where it was looked. */
  matched = $state(0);
  loading = $state(false);
  problem = $state.raw<Problem | null>(null);
  private key = '';
  private asked: Box | null = null;
  private stopper: AbortController | null = null;

  /** Whether all of the list is here: then a place in it is a place here. */
  whole = $state(false);

  /** Ask for what is missing in this view; `again` where labels or the order changed. */
  async ask(list: ChipList, view: Box | null, again = false): Promise<void> {
    const all = (list.total ?? 0) <= MOST;
    if (!all && !view) return;
    const key = JSON.stringify([paramsOf(list.query), all]);
    const same = key === this.key && !again;
    if (same && (this.whole || (this.asked && view && contains(this.asked, view) && !this.partial))) return;
    this.stopper?.abort();
    const stopper = (this.stopper = new AbortController());
    const box = all || !view ? null : grown(view, 0.25);
    this.loading = true;
    try {
      const told = await this.page(list, box, 0, stopper.signal);
      [this.key, this.asked, this.whole] = [key, box, all];
      this.chips = told.features;
      this.matched = told.numberMatched ?? told.features.length;
      this.problem = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.problem = asProblem(error);
    } finally {
      if (this.stopper === stopper) this.loading = false;
    }
  }

  /** More chips are here than are drawn. */
  get partial(): boolean {
    return this.matched > this.chips.length;
  }

  /** All chips of the list that meet a box, drawn or not. */
  async within(list: ChipList, box: Box): Promise<ChipFeature[]> {
    const out: ChipFeature[] = [];
    for (let offset = 0; offset < MOST_IN_SHAPE; offset += MOST) {
      const told = await this.page(list, box, offset);
      out.push(...told.features);
      if (told.features.length < MOST) break;
    }
    return out;
  }

  /** Chips whose middle lies in a shape on the screen; those that are not drawn are asked for. None where that fails. */
  async inShape(list: ChipList, map: Screen, shape: readonly Point[]): Promise<string[]> {
    let chips: readonly ChipFeature[] = this.chips;
    if (this.partial) {
      const { left, top, right, bottom } = bounds(shape);
      const [a, b] = [map.unproject([left, bottom]), map.unproject([right, top])];
      try {
        chips = await this.within(list, [a.lng, a.lat, b.lng, b.lat]);
      } catch (error) {
        this.problem = asProblem(error);
        return [];
      }
    }
    return chips.flatMap((one) => {
      const centre = centreOf(one);
      return centre && inside(shape, map.project(centre)) ? [one.properties.id] : [];
    });
  }

  close(): void {
    this.stopper?.abort();
  }

  private async page(list: ChipList, box: Box | null, offset: number, signal?: AbortSignal): Promise<Chips> {
    if (list.query.suggest) return fromRows(list);
    const query = {
      ...paramsOf(list.query),
      f: 'geojson',
      limit: MOST,
      offset,
      bbox: box?.map((v) => v.toFixed(6)).join(','),
    };
    try {
      return await get<Chips>('/chips', { ...query, pin: list.pin }, { signal });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 409) throw error;
      return get<Chips>('/chips', query, { signal });
    }
  }
}
