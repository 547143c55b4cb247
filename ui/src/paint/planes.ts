/** Planes of labels: laying patches on them, taking them back, and who wins a pixel. */
import { type Npy, NpyError } from '../canvas/npy';
import { MaskPixels, NO_CONFIDENCE, UNLABELLED } from '../canvas/pixels';
import { type Box, ORIGIN, type Patch, type Planes } from './contract';

/** Who wins a pixel, by origin: human > consensus > import > product > region > model > nobody (core/mask.py). */
const RANK = new Uint8Array(256);
RANK.set([0, 12, 2, 4, 8, 10, 6]);

/** Of regions those that a person named come before those whose class is a model's. */
function rank({ origin, confidence }: Planes, at: number): number {
  return RANK[origin[at]!]! + (origin[at] === ORIGIN.region && confidence[at] === NO_CONFIDENCE ? 1 : 0);
}

/** Whether a person painted it, or said themselves what a segment is: then nobody states a confidence. */
export function byPerson(origin: number, confidence: number): boolean {
  return origin === ORIGIN.human || (origin === ORIGIN.region && confidence === NO_CONFIDENCE);
}

export function emptyPlanes(rows: number, cols: number): Planes {
  const size = rows * cols;
  return {
    rows,
    cols,
    classes: new Uint8Array(size).fill(UNLABELLED),
    origin: new Uint8Array(size),
    confidence: new Uint8Array(size).fill(NO_CONFIDENCE),
  };
}

/** From what the server sends: uint8 (3, rows, columns). */
export function planesOf(npy: Npy): Planes {
  const [count, rows, cols] = npy.shape;
  if (npy.dtype !== 'u1' || npy.shape.length !== 3 || count !== 3)
    throw new NpyError(`a mask is uint8 (3, rows, columns), not ${npy.dtype} (${npy.shape.join(', ')})`);
  const size = rows! * cols!;
  const plane = (at: number): Uint8Array => (npy.data as Uint8Array).slice(at * size, (at + 1) * size);
  return { rows: rows!, cols: cols!, classes: plane(0), origin: plane(1), confidence: plane(2) };
}

/** Calls with the place in the patch and in planes so wide, for every pixel that the patch speaks of. */
function each(patch: Box & { there: Uint8Array }, cols: number, run: (from: number, to: number) => void): void {
  for (let row = 0; row < patch.height; row++) {
    const to = (patch.y + row) * cols + patch.x;
    const from = row * patch.width;
    for (let col = 0; col < patch.width; col++) if (patch.there[from + col]) run(from + col, to + col);
  }
}

/** Lays a patch on planes, in place. */
export function lay(planes: Planes, patch: Patch): void {
  each(patch, planes.cols, (from, to) => {
    const said = patch.origin[from] !== ORIGIN.none;
    planes.origin[to] = patch.origin[from]!;
    planes.classes[to] = said ? patch.classes[from]! : UNLABELLED;
    planes.confidence[to] = said ? patch.confidence[from]! : NO_CONFIDENCE;
  });
}

/** The patch that brings back what is under another one. */
export function under(planes: Planes, patch: Patch): Patch {
  const size = patch.width * patch.height;
  const before: Patch = {
    ...boxOf(patch),
    there: patch.there.slice(),
    classes: new Uint8Array(size),
    origin: new Uint8Array(size),
    confidence: new Uint8Array(size),
  };
  each(patch, planes.cols, (from, to) => {
    before.classes[from] = planes.classes[to]!;
    before.origin[from] = planes.origin[to]!;
    before.confidence[from] = planes.confidence[to]!;
  });
  return before;
}

/** Whether laying the patch would change a pixel. */
export function changes(planes: Planes, patch: Patch): boolean {
  let found = false;
  each(patch, planes.cols, (from, to) => {
    const said = patch.origin[from] !== ORIGIN.none;
    found ||=
      planes.origin[to] !== patch.origin[from] ||
      (said && (planes.classes[to] !== patch.classes[from] || planes.confidence[to] !== patch.confidence[from]));
  });
  return found;
}

export function boxOf({ x, y, width, height }: Box): Box {
  return { x, y, width, height };
}

/**
 * What the label is: `own` over `others` by precedence, among equals `own`. Within `box` alone where `former` is what it
 * was before; a new object in any case.
 */
export function merged(own: Planes, others: Planes, former: MaskPixels | null = null, box?: Box): MaskPixels {
  const { rows, cols } = own;
  const size = rows * cols;
  const part = former && box ? box : { x: 0, y: 0, width: cols, height: rows };
  const data = former && box ? former.data.slice() : new Uint8Array(3 * size);
  for (let row = part.y; row < part.y + part.height; row++) {
    for (let at = row * cols + part.x, end = at + part.width; at < end; at++) {
      const mine = own.origin[at]!;
      const from = mine !== ORIGIN.none && rank(own, at) >= rank(others, at) ? own : others;
      data[at] = from.classes[at]!;
      data[size + at] = from.origin[at]!;
      data[2 * size + at] = from.confidence[at]!;
    }
  }
  return new MaskPixels({ dtype: 'u1', shape: [3, rows, cols], data });
}

export interface Counts {
  classes: Map<number, { pixels: number; human: number }>;
  /** Pixels that the product flags (no data, clouds) and nobody labelled. */
  hidden: number;
}

export function countsOf(mask: MaskPixels | null): Counts {
  const counts: Counts = { classes: new Map(), hidden: 0 };
  if (!mask) return counts;
  const size = mask.rows * mask.cols;
  for (let at = 0; at < size; at++) {
    const origin = mask.data[size + at]!;
    if (origin === ORIGIN.product) counts.hidden++;
    if (origin === ORIGIN.none || origin === ORIGIN.product) continue;
    const code = mask.data[at]!;
    const one = counts.classes.get(code) ?? { pixels: 0, human: 0 };
    one.pixels++;
    if (byPerson(origin, mask.data[2 * size + at]!)) one.human++;
    counts.classes.set(code, one);
  }
  return counts;
}

/** The whole of some planes as one patch, where they say something and these say otherwise: what `load` lays down. */
export function patchFrom(said: Planes): Patch {
  const { rows, cols } = said;
  const there = new Uint8Array(rows * cols);
  for (let at = 0; at < there.length; at++) if (said.origin[at] !== ORIGIN.none) there[at] = 1;
  const { classes, origin, confidence } = said;
  return { x: 0, y: 0, width: cols, height: rows, there, classes, origin, confidence };
}

/** There, class, origin and confidence behind one another: uint8 (4, height, width), as strokes travel. */
export function bytesOf(patch: Patch): Uint8Array<ArrayBuffer> {
  const size = patch.width * patch.height;
  const out = new Uint8Array(4 * size);
  [patch.there, patch.classes, patch.origin, patch.confidence].forEach((plane, at) => out.set(plane, at * size));
  return out;
}
