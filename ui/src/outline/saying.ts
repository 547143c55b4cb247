/** Changes of shapes as acts of the outbox, and acts as shapes again. */
import { newId } from '../label/acts';
import type { ShapesAct } from '../paint/acts';
import type { Point } from '../paint/contract';
import type { Change } from './history';
import type { Homes } from './homes';
import { fromFeature, type GeoFeature, geometryOf, propertiesOf, type Shape } from './shape';

interface About {
  id: string;
  actor: string;
  task: string;
  chip: string;
}

const HUMAN = 1;

/** One act, or a bulk act and its parts: all of it is taken back by `about.id`. */
export async function actsOf(
  about: About,
  scene: string,
  changes: readonly Change[],
  homes: Homes,
): Promise<ShapesAct[]> {
  const said: { chip: string; shape: Shape | null; layer: string; origin: number }[] = [];
  for (const { before, after } of changes) {
    const chip = after ? await homes.of(after) : before!.chip;
    const { id: layer, origin } = (before ?? after)!;
    if (before && before.chip !== chip) said.push({ chip: before.chip, shape: null, layer, origin });
    said.push({ chip, shape: after, layer, origin: after?.origin ?? origin });
    // the shape itself is kept in steps: it learns where it lives
    if (after && after.chip !== chip) (after as { chip: string }).chip = chip;
  }
  const acts = said.map(({ chip, shape, layer, origin }): ShapesAct => {
    const features = shape
      ? [{ type: 'Feature', geometry: geometryOf(shape, homes.cornerOf(chip)), properties: propertiesOf(shape) }]
      : [];
    const payload = { type: 'FeatureCollection', coordinates: 'pixel', layer, features };
    return {
      ...about,
      id: newId(),
      chip,
      kind: 'shapes',
      payload: origin === HUMAN ? payload : { ...payload, origin },
    };
  });
  if (acts.length === 1) return [{ ...acts[0]!, id: about.id }];
  const bulk: ShapesAct = { ...about, kind: 'bulk', payload: { count: acts.length, verb: 'outline', scene } };
  return [bulk, ...acts.map((act) => ({ ...act, bulk: about.id }))];
}

/** The shape that an act says, in pixels of the scene; null: it removes it. */
export function shapeOf(act: ShapesAct, corner: Point): { id: string; shape: Shape | null } {
  const { layer: id, features, origin } = act.payload as { layer: string; features: GeoFeature[]; origin?: number };
  const feature = features[0];
  if (!feature) return { id, shape: null };
  const { x, y } = corner;
  const about = { id, chip_id: act.chip, origin: origin ?? HUMAN, actor: act.actor, seq: Infinity };
  const here = fromFeature({ ...feature, ...about });
  const parts = here.parts.map((part) => part.map((ring) => ring.map((p) => ({ x: p.x + x, y: p.y + y }))));
  const [left, top, right, bottom] = here.bounds;
  return { id, shape: { ...here, parts, bounds: [left + x, top + y, right + x, bottom + y] } };
}
