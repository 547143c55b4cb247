/** Draws what is selected and what is being done, over everything else. */
import { toCanvas, type Size, type View } from '../canvas';
import type { Point } from '../paint/contract';
import { trace } from './layer';
import { closed, type Shape, type Spot } from './shape';
import type { Place } from './sheet';

const HANDLE = 3.5;
const MOST_HANDLES = 4000;
/** CSS pixels between handles that are seen; all can be taken. */
const APART = 9;
const DARK = '#000000b0';
const HELD = '#ffb000';
/** CSS pixels that marks reach beyond their points. */
const REACH = 14;

export interface Marks {
  /** Selected shapes; `lifted` ones are drawn nowhere else. */
  shapes: readonly { shape: Shape; lifted: boolean }[];
  /** Its vertices can be taken. */
  handles: { shape: Shape; held: Spot | null } | null;
  draft: { points: readonly Point[]; closed: boolean } | null;
  snapped: Point | null;
  cell: Point | null;
  colour: (code: number) => string;
  fill: number;
}

/** Draws on a canvas that is no larger than what is drawn: a small thing that moves costs the browser little. */
export function drawMarks(canvas: HTMLCanvasElement, view: View, size: Size, marks: Marks): void {
  const ratio = window.devicePixelRatio || 1;
  const at = ({ x, y }: Point): [number, number] => toCanvas(view, x, y, size);
  const [left, top, width, height] = placeOf(marks, at, size);
  canvas.hidden = width <= 0 || height <= 0;
  if (canvas.hidden) return;
  const css = { left, top, width, height };
  for (const [name, value] of Object.entries(css)) canvas.style.setProperty(name, `${value}px`);
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)]; // which clears it
  const copy = canvas.getContext('2d', { willReadFrequently: true })!;
  copy.setTransform(ratio, 0, 0, ratio, -left * ratio, -top * ratio);
  copy.lineJoin = 'round';
  for (const one of marks.shapes) outline(copy, view, size, one, marks);
  if (marks.handles) handles(copy, marks.handles, at, size);
  if (marks.draft) drafted(copy, marks.draft, at);
  if (marks.snapped) rimmed(copy, 1.5, HELD, () => copy.arc(...at(marks.snapped!), 6, 0, 2 * Math.PI));
  if (marks.cell) rimmed(copy, 1.5, '#ffffff', () => cross(copy, ...at(marks.cell!)));
}

/** Left, top, width and height of all marks as far as they are seen, in whole CSS pixels; no width where there are none. */
function placeOf(marks: Marks, at: (point: Point) => [number, number], size: Size): Place {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const take = (point: Point): void => {
    const [x, y] = at(point);
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  };
  for (const { shape } of marks.shapes) {
    const [a, b, c, d] = shape.bounds;
    take({ x: a, y: b });
    take({ x: c, y: d });
  }
  for (const point of [...(marks.draft?.points ?? []), marks.snapped, marks.cell]) if (point) take(point);
  const [x, y] = [Math.max(0, Math.floor(left) - REACH), Math.max(0, Math.floor(top) - REACH)];
  const [w, h] = [
    Math.min(size.width, Math.ceil(right) + REACH) - x,
    Math.min(size.height, Math.ceil(bottom) + REACH) - y,
  ];
  return Number.isFinite(w) && Number.isFinite(h) ? [x, y, w, h] : [0, 0, 0, 0];
}

/** A line that is seen on every ground. */
function rimmed(copy: CanvasRenderingContext2D, width: number, colour: string, path: () => void): void {
  copy.beginPath();
  path();
  copy.lineWidth = 2 * width;
  copy.strokeStyle = DARK;
  copy.stroke();
  copy.lineWidth = width;
  copy.strokeStyle = colour;
  copy.stroke();
}

function outline(
  copy: CanvasRenderingContext2D,
  view: View,
  size: Size,
  { shape, lifted }: Marks['shapes'][number],
  { colour, fill }: Marks,
): void {
  const path = new Path2D();
  trace(path, shape, view, size);
  copy.fillStyle = colour(shape.code);
  if (lifted && closed(shape.kind)) {
    copy.globalAlpha = fill;
    copy.fill(path);
    copy.globalAlpha = 1;
  }
  copy.lineWidth = 4;
  copy.strokeStyle = DARK;
  copy.stroke(path);
  copy.lineWidth = 2;
  copy.strokeStyle = '#ffffff';
  copy.setLineDash(shape.problem ? [5, 4] : []);
  copy.stroke(path);
  copy.setLineDash([]);
  if (shape.kind === 'point') copy.fill(path);
}

function handles(
  copy: CanvasRenderingContext2D,
  { shape, held }: NonNullable<Marks['handles']>,
  at: (point: Point) => [number, number],
  size: Size,
): void {
  let left = MOST_HANDLES;
  let last: [number, number] = [-Infinity, -Infinity];
  copy.lineWidth = 1;
  copy.strokeStyle = '#000000';
  shape.parts.forEach((rings, part) =>
    rings.forEach((ring, number) =>
      ring.forEach((vertex, index) => {
        const [x, y] = at(vertex);
        if (x < -8 || y < -8 || x > size.width + 8 || y > size.height + 8 || left-- <= 0) return;
        const dense = Math.abs(x - last[0]) + Math.abs(y - last[1]) < APART;
        const mine = held?.part === part && held.ring === number && held.at === index;
        if (dense && !mine) return;
        last = [x, y];
        const r = mine ? HANDLE + 1.5 : HANDLE;
        const box = [Math.round(x - r) + 0.5, Math.round(y - r) + 0.5, 2 * r, 2 * r] as const;
        copy.fillStyle = mine ? HELD : '#ffffff';
        copy.fillRect(...box);
        copy.strokeRect(...box);
      }),
    ),
  );
}

function drafted(
  copy: CanvasRenderingContext2D,
  draft: NonNullable<Marks['draft']>,
  at: (point: Point) => [number, number],
): void {
  rimmed(copy, 2, '#ffffff', () => {
    draft.points.forEach((point, i) => (i ? copy.lineTo(...at(point)) : copy.moveTo(...at(point))));
    if (draft.closed) copy.closePath();
  });
}

function cross(copy: CanvasRenderingContext2D, x: number, y: number): void {
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    copy.moveTo(x + 3 * dx, y + 3 * dy);
    copy.lineTo(x + 11 * dx, y + 11 * dy);
  }
}
