/** Accepted segments as objects that lie over one another: what the own layer becomes when the list changes. Pure. */
import { NO_CONFIDENCE, UNLABELLED } from '../../canvas/pixels';
import { type Box, type LabelObject, ORIGIN, type Patch, type Planes } from '../contract';
import { union } from '../views/boxes';
import { type Area, decodeRle, encodeRle } from './rle';

const areas = new WeakMap<LabelObject['rle'], Area | null>();

/** The pixels of an object, worked out once. */
export function pixelsOf(one: Pick<LabelObject, 'rle'>): Area | null {
  if (!areas.has(one.rle)) areas.set(one.rle, decodeRle(one.rle));
  return areas.get(one.rle) ?? null;
}

export function covers(one: LabelObject, row: number, col: number): boolean {
  const area = pixelsOf(one);
  if (!area) return false;
  const [x, y] = [col - area.x, row - area.y];
  return x >= 0 && y >= 0 && x < area.width && y < area.height && area.there[y * area.width + x] === 1;
}

/** The topmost object over a pixel. */
export function objectAt(objects: readonly LabelObject[], row: number, col: number): LabelObject | null {
  let found: LabelObject | null = null;
  for (const one of objects) if ((!found || order(found, one) <= 0) && covers(one, row, col)) found = one;
  return found;
}

/** One more on top of the others. */
export function topDepth(objects: readonly LabelObject[]): number {
  return objects.reduce((most, one) => Math.max(most, one.depth), -1) + 1;
}

/** The object one step up or down among those that touch its box; the same list where it is there already. */
export function moved(objects: readonly LabelObject[], id: string, up: boolean): readonly LabelObject[] {
  const one = objects.find((each) => each.id === id);
  if (!one) return objects;
  const beside = objects
    .filter(
      (each) => each.id !== id && meet(each.bbox, one.bbox) && (up ? each.depth > one.depth : each.depth < one.depth),
    )
    .sort((a, b) => (up ? a.depth - b.depth : b.depth - a.depth))[0];
  if (!beside) return objects;
  return objects.map((each) => {
    if (each.id === one.id) return { ...each, depth: beside.depth };
    return each.id === beside.id ? { ...each, depth: one.depth } : each;
  });
}

function meet([ax, ay, aw, ah]: LabelObject['bbox'], [bx, by, bw, bh]: LabelObject['bbox']): boolean {
  return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}

function boxOf({ bbox: [x, y, width, height] }: LabelObject): Box {
  return { x, y, width, height };
}

/**
 * The patch that turns the layer as it lies under `before` into that under `after`: of two over a pixel the deeper number wins.
 * What people painted (and files brought) stays; where no object is left over, nothing is said any more. Null: no pixel changes.
 */
export function relaid(own: Planes, before: readonly LabelObject[], after: readonly LabelObject[]): Patch | null {
  const former = new Map(before.map((one) => [one.id, one]));
  const now = new Map(after.map((one) => [one.id, one]));
  const changed = [
    ...after.filter((one) => !same(one, former.get(one.id))),
    ...before.filter((one) => !same(one, now.get(one.id))),
  ];
  const box = changed.map(boxOf).reduce<Box | null>((sum, one) => union(one, sum), null);
  if (!box) return null;
  const [was, said] = [laid(before, box, own.cols), laid(after, box, own.cols)];
  const there = new Uint8Array(box.width * box.height);
  for (const one of changed) {
    inside(one, box, own.cols, (i, at) => {
      const origin = own.origin[at]!;
      const erased = origin === ORIGIN.none && was.origin[i] !== ORIGIN.none && former.has(one.id);
      if ((origin === ORIGIN.none && !erased) || origin === ORIGIN.model || isOf(was, i, own, at)) there[i] = 1;
    });
  }
  return there.includes(1) ? { ...box, there, ...said } : null;
}

/** Whether a pixel is as objects have it; a segment that was named in answer to a question is no object's. */
function isOf(was: Omit<Patch, keyof Box | 'there'>, i: number, own: Planes, at: number): boolean {
  if (own.origin[at] !== ORIGIN.region || was.origin[i] !== ORIGIN.region) return false;
  return own.classes[at] === was.classes[i] && own.confidence[at] === was.confidence[i];
}

/** An area without the segments in it that were named in answer to questions: an object taken over these leaves them be. */
export function withoutAnswers(own: Planes, objects: readonly LabelObject[], area: Area): Area | null {
  const was = laid(objects, area, own.cols);
  const there = area.there.slice();
  let some = false;
  for (let i = 0; i < there.length; i++) {
    const at = (area.y + Math.floor(i / area.width)) * own.cols + area.x + (i % area.width);
    if (!there[i] || own.origin[at] !== ORIGIN.region || isOf(was, i, own, at)) continue;
    there[i] = 0;
    some = true;
  }
  return some ? decodeRle(encodeRle({ ...area, there }, own.rows, own.cols)) : area;
}

/** From the lowest up: what a model placed lies below what a person said, then by depth. */
function order(a: LabelObject, b: LabelObject): number {
  return Number(Boolean(b.proposed)) - Number(Boolean(a.proposed)) || a.depth - b.depth;
}

/** What objects say in a box, those of greater depth over the others. */
function laid(objects: readonly LabelObject[], box: Box, cols: number): Omit<Patch, keyof Box | 'there'> {
  const size = box.width * box.height;
  const classes = new Uint8Array(size).fill(UNLABELLED);
  const origin = new Uint8Array(size);
  const confidence = new Uint8Array(size).fill(NO_CONFIDENCE);
  const over = objects.filter((one) => meet(one.bbox, [box.x, box.y, box.width, box.height]));
  for (const one of over.sort(order)) {
    const sure = one.score === null ? NO_CONFIDENCE : Math.round(100 * Math.min(1, Math.max(0, one.score)));
    inside(one, box, cols, (i) => {
      classes[i] = one.class;
      origin[i] = one.proposed ? ORIGIN.model : ORIGIN.region;
      confidence[i] = sure;
    });
  }
  return { classes, origin, confidence };
}

/** A patch that changes no pixel. */
export function nowhere(): Patch {
  const one = (fill: number): Uint8Array => new Uint8Array(1).fill(fill);
  return {
    ...{ x: 0, y: 0, width: 1, height: 1 },
    there: one(0),
    classes: one(UNLABELLED),
    origin: one(0),
    confidence: one(NO_CONFIDENCE),
  };
}

function same(a: LabelObject, b: LabelObject | undefined): boolean {
  if (b === undefined || Boolean(a.proposed) !== Boolean(b.proposed)) return false;
  return a.class === b.class && a.depth === b.depth && a.score === b.score && a.rle === b.rle;
}

/** Calls with the place in the box and in the layer for every pixel of an object that lies in the box. */
function inside(one: LabelObject, box: Box, cols: number, run: (i: number, at: number) => void): void {
  const area = pixelsOf(one);
  if (!area) return;
  const left = Math.max(area.x, box.x);
  const right = Math.min(area.x + area.width, box.x + box.width);
  const bottom = Math.min(area.y + area.height, box.y + box.height);
  for (let row = Math.max(area.y, box.y); row < bottom; row++) {
    const from = (row - area.y) * area.width - area.x;
    const to = (row - box.y) * box.width - box.x;
    for (let col = left; col < right; col++) if (area.there[from + col]) run(to + col, row * cols + col);
  }
}
