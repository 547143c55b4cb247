/** Outlines of the tool in hand, the pointer and the frames of places, on a layer of their own: only what moved is drawn. */
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

const NOWHERE: Rect = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
const ARM = 9;
const GAP = 3;

export class MarkLayer {
  private last: Rect = NOWHERE;

  draw(canvas: HTMLCanvasElement, size: Size, ratio: number, view: View, marks: Marks): void {
    const copy = canvas.getContext('2d', { willReadFrequently: true })!; // in memory: many times faster under software GL
    const { left, top, right, bottom } = this.last;
    copy.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (right >= left) copy.clearRect(left - 4, top - 4, right - left + 8, bottom - top + 8);
    this.last = { ...NOWHERE };
    const to = (p: Point) => this.seen(toCanvas(view, p.x, p.y, size));
    copy.lineJoin = 'round';
    copy.lineCap = 'round';
    for (const { points, closed, bare } of marks.preview?.lines ?? []) {
      const path = new Path2D();
      points.forEach((point, i) => (i ? path.lineTo(...to(point)) : path.moveTo(...to(point))));
      if (closed) path.closePath();
      twofold(copy, path);
      if (!bare && points.length <= 64) for (const point of points) this.knot(copy, to(point));
    }
    const circle = marks.preview?.circle;
    if (circle) {
      const [x, y] = toCanvas(view, circle.at.x, circle.at.y, size);
      const r = Math.max(1, circle.radius * view.zoom);
      this.seen([x - r, y - r]);
      this.seen([x + r, y + r]);
      const path = new Path2D();
      path.arc(x, y, r, 0, 2 * Math.PI);
      twofold(copy, path);
    }
    const cell = marks.preview?.cell;
    if (cell) {
      const room = Math.max(0, 4 / view.zoom - 0.5); // never smaller than eight CSS pixels
      const [a, b] = to({ x: cell.col - room, y: cell.row - room });
      const [c, d] = to({ x: cell.col + 1 + room, y: cell.row + 1 + room });
      const path = new Path2D();
      path.rect(a, b, c - a, d - b);
      twofold(copy, path);
    }
    if (marks.cross) this.cross(copy, toCanvas(view, marks.cross.x, marks.cross.y, size));
    if (marks.frame) {
      const { x, y, width, height } = marks.frame;
      const [a, b] = to({ x, y });
      const [c, d] = to({ x: x + width, y: y + height });
      const path = new Path2D();
      path.rect(Math.round(a) + 0.5, Math.round(b) + 0.5, Math.round(c - a), Math.round(d - b));
      twofold(copy, path);
    }
  }

  /** All is to be cleared: the canvas is another. */
  forget(): void {
    this.last = NOWHERE;
  }

  private seen([x, y]: [number, number]): [number, number] {
    const { last } = this;
    last.left = Math.min(last.left, x);
    last.right = Math.max(last.right, x);
    last.top = Math.min(last.top, y);
    last.bottom = Math.max(last.bottom, y);
    return [x, y];
  }

  private knot(copy: CanvasRenderingContext2D, [x, y]: [number, number]): void {
    copy.fillStyle = '#fff';
    copy.strokeStyle = '#000c';
    copy.lineWidth = 1;
    copy.beginPath();
    copy.rect(x - 2.5, y - 2.5, 5, 5);
    copy.fill();
    copy.stroke();
  }

  private cross(copy: CanvasRenderingContext2D, [x, y]: [number, number]): void {
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
    twofold(copy, path);
  }
}

/** Light on dark, so that it is seen on every picture. */
function twofold(copy: CanvasRenderingContext2D, path: Path2D): void {
  copy.lineWidth = 3;
  copy.strokeStyle = '#000a';
  copy.stroke(path);
  copy.lineWidth = 1.25;
  copy.strokeStyle = '#fff';
  copy.stroke(path);
}
