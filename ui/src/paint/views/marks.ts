/**
 * Outlines of the tool in hand, the pointer and the frames of places, on a canvas of their own that is no larger than they
 * are: all of a canvas is sent to the screen again when a bit of it changes, and the pointer changes it all the time.
 */
import { toCanvas, type Size, type View } from '../../canvas';
import type { Box, Point, Preview } from '../contract';

export interface Marks {
  preview: Preview | null;
  /** Where the pointer is in this or another view. */
  cross: Point | null;
  /** A rectangle to see, such as the chip among what is around it. */
  frame: Box | null;
}

interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

type Spot = [number, number];
type Stroke = (copy: CanvasRenderingContext2D) => void;

const NOWHERE: Rect = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
/** Lines to be seen from afar are wider than others; less so where pixels are small, lest they cover them. */
const MOST_STRONG = 1.8;
const ARM = 9;
const GAP = 3;
/** Room for the width of a line. */
const RIM = 4;
/** Sizes of the canvas are multiples of this, CSS pixels: it is seldom made anew. */
const STEP = 32;

export class MarkLayer {
  private reach: Rect = NOWHERE;
  private strokes: Stroke[] = [];

  draw(canvas: HTMLCanvasElement, size: Size, ratio: number, view: View, marks: Marks): void {
    this.reach = { ...NOWHERE };
    this.strokes = [];
    this.plan(size, view, marks);
    const room = within(this.reach, size);
    canvas.style.display = room ? 'block' : 'none';
    if (!room) return;
    fit(canvas, room, ratio);
    const copy = canvas.getContext('2d', { willReadFrequently: true })!; // in memory: many times faster under software GL
    copy.setTransform(1, 0, 0, 1, 0, 0);
    copy.clearRect(0, 0, canvas.width, canvas.height);
    copy.setTransform(ratio, 0, 0, ratio, -room.left * ratio, -room.top * ratio);
    copy.lineJoin = 'round';
    copy.lineCap = 'round';
    for (const stroke of this.strokes) stroke(copy);
  }

  /** What there is to draw, and how far it reaches. */
  private plan(size: Size, view: View, { preview, cross, frame }: Marks): void {
    const to = (p: Point) => this.seen(toCanvas(view, p.x, p.y, size));
    for (const { points, closed, bare, strong } of preview?.lines ?? [])
      this.line(points.map(to), closed, bare, strong ? Math.min(MOST_STRONG, Math.max(1, view.zoom / 4)) : 1);
    if (preview?.circle) {
      const [x, y] = toCanvas(view, preview.circle.at.x, preview.circle.at.y, size);
      this.circle(x, y, Math.max(1, preview.circle.radius * view.zoom));
    }
    if (preview?.cell) {
      const { row, col } = preview.cell;
      const more = Math.max(0, 4 / view.zoom - 0.5); // never smaller than eight CSS pixels
      this.box(to({ x: col - more, y: row - more }), to({ x: col + 1 + more, y: row + 1 + more }));
    }
    if (cross) this.cross(toCanvas(view, cross.x, cross.y, size));
    if (frame) {
      const [a, b] = to(frame);
      const [c, d] = to({ x: frame.x + frame.width, y: frame.y + frame.height });
      const [x, y] = [Math.round(a) + 0.5, Math.round(b) + 0.5];
      this.box([x, y], [x + Math.round(c - a), y + Math.round(d - b)]);
    }
  }

  private seen([x, y]: Spot): Spot {
    const { reach } = this;
    reach.left = Math.min(reach.left, x);
    reach.right = Math.max(reach.right, x);
    reach.top = Math.min(reach.top, y);
    reach.bottom = Math.max(reach.bottom, y);
    return [x, y];
  }

  private line(spots: readonly Spot[], closed = false, bare = false, strength = 1): void {
    const path = new Path2D();
    spots.forEach((spot, i) => (i ? path.lineTo(...spot) : path.moveTo(...spot)));
    if (closed) path.closePath();
    this.strokes.push((copy) => {
      twofold(copy, path, strength);
      if (!bare && spots.length <= 64) for (const spot of spots) knot(copy, spot);
    });
  }

  private circle(x: number, y: number, radius: number): void {
    this.seen([x - radius, y - radius]);
    this.seen([x + radius, y + radius]);
    const path = new Path2D();
    path.arc(x, y, radius, 0, 2 * Math.PI);
    this.strokes.push((copy) => twofold(copy, path));
  }

  private box([a, b]: Spot, [c, d]: Spot): void {
    const path = new Path2D();
    path.rect(a, b, c - a, d - b);
    this.strokes.push((copy) => twofold(copy, path));
  }

  private cross([x, y]: Spot): void {
    this.seen([x - ARM, y - ARM]);
    this.seen([x + ARM, y + ARM]);
    const path = new Path2D();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      path.moveTo(x + dx * GAP, y + dy * GAP);
      path.lineTo(x + dx * ARM, y + dy * ARM);
    }
    this.strokes.push((copy) => twofold(copy, path));
  }
}

/** The part of a view that marks take, in whole CSS pixels; null where none is seen. */
export function within({ left, top, right, bottom }: Rect, size: Size): Rect | null {
  const cut = {
    left: Math.max(0, Math.floor(left - RIM)),
    top: Math.max(0, Math.floor(top - RIM)),
    right: Math.min(size.width, Math.ceil(right + RIM)),
    bottom: Math.min(size.height, Math.ceil(bottom + RIM)),
  };
  return cut.right > cut.left && cut.bottom > cut.top ? cut : null;
}

/** Lays the canvas there, and makes it anew where it is too small or much too large. */
function fit(canvas: HTMLCanvasElement, { left, top, right, bottom }: Rect, ratio: number): void {
  const grown = (length: number) => Math.round(Math.ceil(length / STEP) * STEP * ratio);
  const [width, height] = [grown(right - left), grown(bottom - top)];
  const fits = (has: number, due: number) => has >= due && has <= 2 * due;
  if (!fits(canvas.width, width) || !fits(canvas.height, height)) [canvas.width, canvas.height] = [width, height];
  const { style } = canvas;
  style.width = `${canvas.width / ratio}px`;
  style.height = `${canvas.height / ratio}px`;
  style.left = `${left}px`;
  style.top = `${top}px`;
}

function knot(copy: CanvasRenderingContext2D, [x, y]: Spot): void {
  copy.fillStyle = '#fff';
  copy.strokeStyle = '#000c';
  copy.lineWidth = 1;
  copy.beginPath();
  copy.rect(x - 2.5, y - 2.5, 5, 5);
  copy.fill();
  copy.stroke();
}

/** Light on dark, so that it is seen on every picture. */
function twofold(copy: CanvasRenderingContext2D, path: Path2D, strength = 1): void {
  copy.lineWidth = 3 * strength;
  copy.strokeStyle = '#000a';
  copy.stroke(path);
  copy.lineWidth = 1.25 * strength;
  copy.strokeStyle = '#fff';
  copy.stroke(path);
}
