/** Draws what is selected and what is being done, over everything else. */
import { toCanvas, type Size, type View } from '../canvas';
import type { Box, Point } from '../paint/contract';
import { trace } from './layer';
import { closed, type Shape, type Spot } from './shape';

const HANDLE = 3.5;
const MOST_HANDLES = 4000;
const DARK = '#000000b0';
const HELD = '#ffb000';

export interface Marks {
  /** The chip that the page is about. */
  chip: Box | null;
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

export function drawMarks(canvas: HTMLCanvasElement, view: View, size: Size, marks: Marks): void {
  const copy = canvas.getContext('2d', { willReadFrequently: true })!;
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  copy.setTransform(ratio, 0, 0, ratio, 0, 0);
  copy.clearRect(0, 0, size.width, size.height);
  copy.lineJoin = 'round';
  const at = ({ x, y }: Point): [number, number] => toCanvas(view, x, y, size);
  if (marks.chip) frame(copy, at(marks.chip), marks.chip.width * view.zoom, marks.chip.height * view.zoom);
  for (const one of marks.shapes) outline(copy, view, size, one, marks);
  if (marks.handles) handles(copy, marks.handles, at, size);
  if (marks.draft) drafted(copy, marks.draft, at);
  if (marks.snapped) rimmed(copy, 1.5, HELD, () => copy.arc(...at(marks.snapped!), 6, 0, 2 * Math.PI));
  if (marks.cell) rimmed(copy, 1.5, '#ffffff', () => cross(copy, ...at(marks.cell!)));
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

function frame(copy: CanvasRenderingContext2D, [x, y]: [number, number], width: number, height: number): void {
  copy.lineWidth = 1;
  for (const [colour, dashes] of [
    [DARK, []],
    ['#ffffff', [6, 4]],
  ] as const) {
    copy.strokeStyle = colour;
    copy.setLineDash([...dashes]);
    copy.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, width, height);
  }
  copy.setLineDash([]);
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
  copy.lineWidth = 1;
  copy.strokeStyle = '#000000';
  shape.parts.forEach((rings, part) =>
    rings.forEach((ring, number) =>
      ring.forEach((vertex, index) => {
        const [x, y] = at(vertex);
        if (x < -8 || y < -8 || x > size.width + 8 || y > size.height + 8 || left-- <= 0) return;
        const mine = held?.part === part && held.ring === number && held.at === index;
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
