/** What the assistant asks, one segment after another: which is shown, which come next, which were answered. Pure. */
import type { components } from '../../lib/openapi';
import { type Box, ORIGIN, type Overlay, type Patch, type Planes } from '../contract';
import { pixelsOf } from '../regions/objects';
import type { Area } from '../regions/rle';
import { saidOf } from '../tools/cells';
import { grown } from '../views/boxes';

export type Question = components['schemas']['AssistantQuestion'];

/** A question that is behind: its stroke, or null where it was passed over. */
export interface Passed {
  question: Question;
  stroke: string | null;
}

export interface Queue {
  now: Question | null;
  next: readonly Question[];
  /** The latest last. */
  past: readonly Passed[];
}

/** A stroke that stands, the newest first in a list of them. */
interface Stroke {
  id: string;
  tool: string;
}

export const NO_QUEUE: Queue = { now: null, next: [], past: [] };
/** So many pixels around a question are clear of labels at least. */
const LEAST_CLEAR = 14;
/** The tool of the strokes that answers are. */
export const TOOL = 'question';

export function areaOf({ runs }: Question): Area | null {
  return pixelsOf({ rle: runs });
}

export function boxOf({ window: [y, x, height, width] }: Question): Box {
  return { x, y, width, height };
}

/** People, files and taken segments have said what is there; a model's word may be asked about. */
function isSaid(own: Planes, others: Planes, at: number): boolean {
  const by = (origin: number): boolean =>
    origin !== ORIGIN.none && origin !== ORIGIN.model && origin !== ORIGIN.product;
  return by(own.origin[at]!) || by(others.origin[at]!);
}

/** Whether nobody has answered a question by now, here or elsewhere. */
export function isOpen({ at: [row, col] }: Question, own: Planes, others: Planes): boolean {
  return !isSaid(own, others, row * own.cols + col);
}

/**
 * The stroke that an answer is: all of the segment that nobody has spoken of by now. Null: nothing is left of it. Its outline is
 * the machine's; what the product hides is shown only where a person says so.
 */
export function patchOf(question: Question, code: number, own: Planes, others: Planes): Patch | null {
  const area = areaOf(question);
  if (!area) return null;
  const there = area.there.map((inside, i) => {
    const at = (area.y + Math.floor(i / area.width)) * own.cols + area.x + (i % area.width);
    return inside && !isSaid(own, others, at) ? 1 : 0;
  });
  if (!there.includes(1)) return null;
  const patch = saidOf({ ...area, there }, { code, origin: ORIGIN.region });
  patch.origin.forEach((_, i) => {
    const at = (area.y + Math.floor(i / area.width)) * own.cols + area.x + (i % area.width);
    if (others.origin[at] === ORIGIN.product) patch.origin[i] = ORIGIN.human;
  });
  return patch;
}

/** Newer questions in place of those that wait; the one that is shown stays while it is open. */
export function brought(queue: Queue, list: readonly Question[], open: (one: Question) => boolean): Queue {
  const shown = queue.now && open(queue.now) ? queue.now : null;
  // asked before anything was learned, so that its gain is not in pixels that are in doubt
  const now = shown?.code === null && list.some(({ code }) => code !== null) ? { ...shown, gain: 0 } : shown;
  const skipped = queue.past.filter((one) => one.stroke === null).map((one) => one.question);
  const next = list.filter(
    (one) => open(one) && !(now && meet(now, one)) && !skipped.some((former) => repeats(one, former)),
  );
  return now ? { ...queue, now, next } : { ...queue, now: next[0] ?? null, next: next.slice(1) };
}

/** The one that is shown is behind; `stroke`: its answer. */
export function passed(queue: Queue, stroke: string | null): Queue {
  const { now, next, past } = queue;
  if (!now) return queue;
  return { now: next[0] ?? null, next: next.slice(1), past: [...past, { question: now, stroke }] };
}

/** The one that was passed over last is shown again; the same queue where the latest was answered, or there is none. */
export function unskipped(queue: Queue): Queue {
  const last = queue.past.at(-1);
  return last?.stroke === null ? shownAgain(queue, [last]) : queue;
}

/**
 * The same after strokes were drawn or taken back, by whatever way: a question whose answer is gone is shown again, one that is
 * answered by now is behind. `strokes`: those that stand.
 */
export function synced(queue: Queue, strokes: readonly Stroke[], open: (one: Question) => boolean): Queue {
  const ids = new Set(strokes.map((one) => one.id));
  const gone = queue.past.filter(({ stroke }) => stroke !== null && !ids.has(stroke));
  let now = gone.length > 0 ? shownAgain(queue, gone) : queue;
  if (now.next.some((one) => !open(one))) now = { ...now, next: now.next.filter(open) };
  while (now.now && !open(now.now)) {
    const last = strokes[0];
    const again = last?.tool === TOOL && !now.past.some((one) => one.stroke === last.id);
    const done = passed(now, again ? last.id : null);
    now = again ? done : { ...done, past: now.past };
  }
  return now;
}

function shownAgain({ now, next, past }: Queue, back: readonly Passed[]): Queue {
  const [first, ...more] = back.map((one) => one.question);
  return {
    now: first ?? now,
    next: [...more, ...(now ? [now] : []), ...next],
    past: past.filter((one) => !back.includes(one)),
  };
}

/** Whether one lies in the other, as far as their inner pixels tell: questions of one answer never overlap. */
function meet(a: Question, b: Question): boolean {
  return holds(a, b.at) || holds(b, a.at);
}

/** A skipped one again, and not a piece of it. */
function repeats(one: Question, skipped: Question): boolean {
  return meet(skipped, one) && 2 * one.pixels > skipped.pixels;
}

function holds(question: Question, [row, col]: Question['at']): boolean {
  const area = areaOf(question);
  if (!area) return false;
  const [x, y] = [col - area.x, row - area.y];
  return x >= 0 && y >= 0 && x < area.width && y < area.height && area.there[y * area.width + x] === 1;
}

/** What lies over the picture, but for what is asked about and as much around it: that is seen as it is. */
export function cleared(overlays: readonly Overlay[], box: Box, rows: number, cols: number): Overlay[] {
  const margin = Math.max(LEAST_CLEAR, box.width, box.height);
  const clear = grown(box, margin, { x: 0, y: 0, width: cols, height: rows });
  const inside = new Uint8Array(rows * cols);
  for (let y = clear.y; y < clear.y + clear.height; y++)
    inside.fill(1, y * cols + clear.x, y * cols + clear.x + clear.width);
  const none = new Uint8Array(rows * cols).fill(255);
  const hole: Overlay = { name: 'asked', classes: none, confidence: none, instead: inside, rows, cols, opacity: 1 };
  const without = (plane: Uint8Array): Uint8Array => plane.map((value, i) => (inside[i] ? 255 : value));
  return [
    ...overlays.map((one) => ({
      ...one,
      classes: one.classes && without(one.classes),
      confidence: without(one.confidence),
    })),
    hole,
  ];
}
