/**
 * Draws outlines, batched by class, on a sheet that is kept: an edit redraws the place that it changed, a move of the view
 * shows the sheet moved until it rests.
 */
import type { Size, View } from '../canvas';
import { toCanvas, toImage } from '../canvas';
import { closed, type Bounds, type Ring, type Shape } from './shape';

/** Shapes of one path: longer ones take the browser's rasteriser more than in proportion. */
const BATCH = 300;
/** Smaller shapes, in CSS pixels, are drawn as rectangles. */
const SMALL = 4;
/** A sheet that is drawn in so many milliseconds is drawn anew with every frame. */
const QUICK_MS = 10;
/** While the view moves the sheet is drawn anew after so many times the time that it takes. */
const SELDOM = 20;
export const REST_MS = 120;
const POINT = 4;
/** Dark rims cost as much as the lines: not where there are more shapes. */
const MOST_RIMMED = 1500;
/** Where more places are another, all is drawn. */
const MOST_PLACES = 64;

export interface Look {
  colour: (code: number) => string;
  /** Of areas; rims are drawn in full. */
  fill: number;
  ratio: number;
}

export class ShapeLayer {
  lifted: ReadonlySet<string> = new Set();
  private readonly sheet = document.createElement('canvas');
  private at: View | null = null;
  private dirty: Bounds[] | null = null;
  private tookMs = 0;
  private drawnAt = 0;
  /** Whether lines have a dark rim: where shapes are few. */
  private rimmed = true;

  constructor(private readonly find: (box: Bounds) => Shape[]) {}

  /** Something is another there; null: everywhere. */
  spoil(where: Bounds | null): void {
    if (where === null || (this.dirty?.length ?? 0) > MOST_PLACES) this.dirty = null;
    else this.dirty?.push(where);
  }

  /** Shows what is there now on a canvas; answers whether it is to be asked again once the view rests. */
  draw(canvas: HTMLCanvasElement, view: View, size: Size, look: Look, resting: boolean): boolean {
    const [width, height] = [Math.round(size.width * look.ratio), Math.round(size.height * look.ratio)];
    const context = canvas.getContext('2d', { willReadFrequently: true })!; // as the sheet: nothing goes between memories
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      this.dirty = null;
    }
    const moved = !this.at || this.at.x !== view.x || this.at.y !== view.y || this.at.zoom !== view.zoom;
    const now = performance.now();
    const due = resting || this.tookMs < QUICK_MS || now - this.drawnAt > SELDOM * this.tookMs;
    if (!this.at || this.dirty === null || (moved && due)) this.whole(view, size, look);
    else if (this.dirty.length) for (const box of this.dirty) this.part(box, size, look);
    else if (!moved) return false;
    this.dirty = [];
    context.clearRect(0, 0, width, height);
    const { x, y, zoom } = this.at!;
    const scale = view.zoom / zoom;
    const [left, top] = toCanvas(view, x, y, size);
    const place = (at: number, whole: number): number => (at - (whole / 2) * scale) * look.ratio;
    context.drawImage(
      this.sheet,
      place(left, size.width),
      place(top, size.height),
      this.sheet.width * scale,
      this.sheet.height * scale,
    );
    return this.at !== view && moved && !due;
  }

  private whole(view: View, size: Size, look: Look): void {
    const start = performance.now();
    this.at = view;
    this.sheet.width = Math.round(size.width * look.ratio);
    this.sheet.height = Math.round(size.height * look.ratio);
    const context = this.sheet.getContext('2d', { willReadFrequently: true })!;
    this.paint(context, view, size, look, boxOf(view, size, 8), true);
    context.getImageData(0, 0, 1, 1); // until then it is only noted what is to be drawn: the time would say nothing
    this.drawnAt = performance.now();
    this.tookMs = this.drawnAt - start;
  }

  private part(box: Bounds, size: Size, look: Look): void {
    const view = this.at!;
    const [left, top] = toCanvas(view, box[0], box[1], size);
    const [right, bottom] = toCanvas(view, box[2], box[3], size);
    const [x, y] = [Math.floor(left) - 8, Math.floor(top) - 8];
    const [w, h] = [Math.ceil(right) + 8 - x, Math.ceil(bottom) + 8 - y];
    if (x > size.width || y > size.height || x + w < 0 || y + h < 0) return;
    const context = this.sheet.getContext('2d', { willReadFrequently: true })!;
    context.save();
    context.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
    context.beginPath();
    context.rect(x, y, w, h);
    context.clip();
    context.clearRect(x, y, w, h);
    const reach = 12 / view.zoom;
    this.paint(context, view, size, look, [
      Math.min(box[0], box[2]) - reach,
      box[1] - reach,
      box[2] + reach,
      box[3] + reach,
    ]);
    context.restore();
  }

  private paint(context: CanvasRenderingContext2D, view: View, size: Size, look: Look, box: Bounds, all = false): void {
    const groups = new Map<string, Shape[]>();
    const found = this.find(box);
    if (all) this.rimmed = found.length <= MOST_RIMMED;
    for (const shape of found) {
      if (this.lifted.has(shape.id)) continue;
      const key = `${shape.code} ${shape.problem ? 'bad' : ''} ${closed(shape.kind) ? '' : shape.kind}`;
      const there = groups.get(key);
      if (there) there.push(shape);
      else groups.set(key, [shape]);
    }
    context.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
    for (const shapes of groups.values())
      for (let from = 0; from < shapes.length; from += BATCH)
        drawBatch(context, shapes.slice(from, from + BATCH), view, size, look, this.rimmed);
  }
}

/** What a view shows, and `more` CSS pixels around it. */
export function boxOf(view: View, size: Size, more = 0): Bounds {
  const [left, top] = toImage(view, { x: -more, y: -more }, size);
  const [right, bottom] = toImage(view, { x: size.width + more, y: size.height + more }, size);
  return [left, top, right, bottom];
}

function drawBatch(
  context: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  view: View,
  size: Size,
  look: Look,
  rimmed: boolean,
): void {
  const colour = look.colour(shapes[0]!.code);
  const area = closed(shapes[0]!.kind);
  const path = new Path2D();
  const small = new Path2D();
  for (const shape of shapes) {
    const [left, top, right, bottom] = shape.bounds;
    const [w, h] = [(right - left) * view.zoom, (bottom - top) * view.zoom];
    if (area && w < SMALL && h < SMALL) {
      const [x, y] = toCanvas(view, left, top, size);
      small.rect(x, y, Math.max(1, w), Math.max(1, h));
    } else trace(path, shape, view, size);
  }
  context.fillStyle = colour;
  context.globalAlpha = Math.max(0.7, look.fill);
  context.fill(small);
  if (area) {
    context.globalAlpha = look.fill;
    context.fill(path);
  }
  context.globalAlpha = 1;
  context.lineJoin = 'round';
  if (rimmed) {
    context.strokeStyle = '#00000090';
    context.lineWidth = 4;
    context.stroke(path);
  }
  context.strokeStyle = colour;
  context.lineWidth = rimmed ? 2 : 1.5;
  context.setLineDash(shapes[0]!.problem ? [5, 4] : []);
  context.stroke(path);
  context.setLineDash([]);
  if (shapes[0]!.kind === 'point') context.fill(path);
}

const signed = (ring: Ring): number => {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    sum += ring[j]!.x * ring[i]!.y - ring[i]!.x * ring[j]!.y;
  return sum;
};

/** Outer rings one way round and holes the other, so that shapes of one path cover one another and holes stay holes. */
export function trace(path: Path2D, shape: Shape, view: View, size: Size): void {
  const [zoom, ox, oy] = [view.zoom, size.width / 2 - view.x * view.zoom, size.height / 2 - view.y * view.zoom];
  for (const part of shape.parts)
    part.forEach((ring, at) => {
      if (shape.kind === 'point') {
        const { x, y } = ring[0]!;
        path.moveTo(x * zoom + ox + POINT, y * zoom + oy);
        path.arc(x * zoom + ox, y * zoom + oy, POINT, 0, 2 * Math.PI);
        return;
      }
      const area = closed(shape.kind);
      const turned = area && signed(ring) > 0 === (at === 0);
      for (let i = 0; i < ring.length; i++) {
        const { x, y } = ring[turned ? ring.length - 1 - i : i]!;
        if (i === 0) path.moveTo(x * zoom + ox, y * zoom + oy);
        else path.lineTo(x * zoom + ox, y * zoom + oy);
      }
      if (area) path.closePath();
    });
}
