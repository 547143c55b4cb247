/** What the assistant proposes for a chip, and what follows from it. Pure. */
import { type Npy, NpyError } from '../../canvas/npy';
import { NO_CONFIDENCE, UNLABELLED } from '../../canvas/pixels';
import { type Box, ORIGIN, type Patch, type Planes } from '../contract';
import { byPerson } from '../planes';

export interface Proposal {
  rows: number;
  cols: number;
  /** 255 where nothing is proposed. */
  classes: Uint8Array;
  /** Percent; 255 where the model states none. */
  confidence: Uint8Array;
}

/** Laid over the picture: which plane of the proposal. */
export type Showing = 'proposal' | 'doubt' | 'disagreement' | 'none';
/** Percent of doubt below which the picture is left as it is. */
const LITTLE = 10;
/** The same as confidence of two classes. */
export const SURE = 100 - LITTLE / 2;
export const SHOWN: readonly Showing[] = ['proposal', 'doubt', 'disagreement', 'none'];

/** uint8 (2, rows, columns) of a window, laid into what is known of the whole chip. */
export function received(npy: Npy, window: Box, rows: number, cols: number, former: Proposal | null): Proposal {
  const [planes, height, width] = npy.shape;
  if (npy.dtype !== 'u1' || planes !== 2 || height !== window.height || width !== window.width)
    throw new NpyError(
      `a proposal is uint8 (2, ${window.height}, ${window.width}), not ${npy.dtype} (${npy.shape.join(', ')})`,
    );
  const data = npy.data as Uint8Array;
  const size = window.width * window.height;
  if (size === rows * cols) return { rows, cols, classes: data.subarray(0, size), confidence: data.subarray(size) };
  const fits = former?.rows === rows && former.cols === cols;
  const classes = fits ? former.classes.slice() : new Uint8Array(rows * cols).fill(UNLABELLED);
  const confidence = fits ? former.confidence.slice() : new Uint8Array(rows * cols).fill(NO_CONFIDENCE);
  for (let row = 0; row < window.height; row++) {
    const from = row * window.width;
    const to = (window.y + row) * cols + window.x;
    classes.set(data.subarray(from, from + window.width), to);
    confidence.set(data.subarray(size + from, size + from + window.width), to);
  }
  return { rows, cols, classes, confidence };
}

/** Whether the pixel is for the assistant to fill: nobody but a model has said anything there. */
function open(own: Planes, others: Planes, at: number): boolean {
  const free = (origin: number): boolean => origin === ORIGIN.none || origin === ORIGIN.model;
  return free(own.origin[at]!) && free(others.origin[at]!);
}

/** Whether accepting would change the pixel: what was accepted already, with the same class, is not taken twice. */
function fills(own: Planes, others: Planes, at: number, code: number): boolean {
  return open(own, others, at) && !(own.origin[at] === ORIGIN.model && own.classes[at] === code);
}

/** How each pixel of the proposal is seen: 1 what accepting would change, 2 what is not sure enough for it, 0 what it leaves. */
export function pending(proposal: Proposal, own: Planes, others: Planes, least: number): Uint8Array {
  return proposal.classes.map((code, at) => {
    if (code === UNLABELLED || !fills(own, others, at, code)) return 0;
    return sure(proposal.confidence[at]!, least) ? 1 : 2;
  });
}

/**
 * The patch that takes the proposal over, with its confidence and origin model: within `within`, from `least` percent on.
 * What people, files and regions said is left as it is. Null where nothing would change.
 */
export function accepted(
  proposal: Proposal,
  own: Planes,
  others: Planes,
  least: number,
  within: (Box & { there: Uint8Array }) | null = null,
): Patch | null {
  const { rows, cols } = proposal;
  const box = within ?? { x: 0, y: 0, width: cols, height: rows };
  const size = box.width * box.height;
  const patch: Patch = {
    x: box.x,
    y: box.y,
    width: box.width,
    height: box.height,
    there: new Uint8Array(size),
    classes: new Uint8Array(size).fill(UNLABELLED),
    origin: new Uint8Array(size),
    confidence: new Uint8Array(size).fill(NO_CONFIDENCE),
  };
  let some = false;
  for (let row = 0, i = 0; row < box.height; row++) {
    let at = (box.y + row) * cols + box.x;
    for (let col = 0; col < box.width; col++, i++, at++) {
      if (within && !within.there[i]) continue;
      const code = proposal.classes[at]!;
      if (code === UNLABELLED || !sure(proposal.confidence[at]!, least) || !fills(own, others, at, code)) continue;
      patch.there[i] = 1;
      patch.classes[i] = code;
      patch.origin[i] = ORIGIN.model;
      patch.confidence[i] = proposal.confidence[at]!;
      some = true;
    }
  }
  return some ? patch : null;
}

/** A model that states no confidence is taken at its word. */
function sure(percent: number, least: number): boolean {
  return percent === NO_CONFIDENCE || percent >= least;
}

export interface Figures {
  /** Pixels that a person labelled and the model sees otherwise. */
  disagreements: number;
  /** Pixels that people labelled, and the model speaks of. */
  judged: number;
  /** Pixels that accepting would fill, by the least confidence: `fills[60]` from 60 percent on. */
  fills: Uint32Array;
}

/** Counted once a proposal. */
export function figuresOf(proposal: Proposal, own: Planes, others: Planes): Figures {
  const at = new Uint32Array(101);
  let [disagreements, judged] = [0, 0];
  for (let i = 0; i < proposal.classes.length; i++) {
    const code = proposal.classes[i]!;
    if (code === UNLABELLED) continue;
    const human = humanClass(own, others, i);
    if (human !== UNLABELLED) {
      judged++;
      if (human !== code) disagreements++;
    }
    if (fills(own, others, i, code)) at[Math.min(100, proposal.confidence[i]!)]!++;
  }
  for (let percent = 99; percent >= 0; percent--) at[percent]! += at[percent + 1]!;
  return { disagreements, judged, fills: at };
}

function humanClass(own: Planes, others: Planes, at: number): number {
  const said = ({ origin, confidence }: Planes): boolean => byPerson(origin[at]!, confidence[at]!);
  if (said(own)) return own.classes[at]!;
  return said(others) ? others.classes[at]! : UNLABELLED;
}

/** The plane to lay over the picture; percent, 255 where there is nothing to see. */
export function plane(showing: Showing, proposal: Proposal, own: Planes, others: Planes): Uint8Array {
  if (showing === 'proposal' || showing === 'none') return proposal.confidence;
  const out = new Uint8Array(proposal.classes.length).fill(255);
  for (let i = 0; i < out.length; i++) {
    const code = proposal.classes[i]!;
    if (code === UNLABELLED) continue;
    if (showing === 'doubt') {
      const percent = proposal.confidence[i]!;
      // two classes that are even leave all doubt; below 50 % there are more than two
      const doubt = Math.min(100, 2 * (100 - percent));
      if (percent <= 100 && doubt >= LITTLE) out[i] = doubt;
    } else {
      const human = humanClass(own, others, i);
      if (human !== UNLABELLED && human !== code) out[i] = 100;
    }
  }
  return out;
}

/** The part of the chip that is seen, in whole pixels; null where it is nearly all of it. */
export function visible(
  view: { x: number; y: number; zoom: number; fit: boolean },
  cell: { width: number; height: number },
  rows: number,
  cols: number,
): Box | null {
  if (view.fit || view.zoom <= 0) return null;
  const half = { x: cell.width / 2 / view.zoom, y: cell.height / 2 / view.zoom };
  const x = Math.max(0, Math.floor(view.x - half.x));
  const y = Math.max(0, Math.floor(view.y - half.y));
  const width = Math.min(cols, Math.ceil(view.x + half.x)) - x;
  const height = Math.min(rows, Math.ceil(view.y + half.y)) - y;
  if (width <= 0 || height <= 0 || width * height > 0.6 * rows * cols) return null;
  return { x, y, width, height };
}
