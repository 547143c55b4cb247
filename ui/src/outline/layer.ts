/** Draws outlines, batched by class, on a sheet that is kept: an edit redraws the place that it changed. */
import { toCanvas, toImage, type Size, type View } from '../canvas';
import { closed, type Bounds, type Ring, type Shape } from './shape';
import type { Place, Tiles } from './sheet';

/** Shapes of one path: longer ones take the browser's rasteriser more than in proportion. */
const BATCH = 300;
/** Smaller shapes, in CSS pixels, are drawn as rectangles; so are larger ones where there are very many. */
const SMALL = 4;
const SMALL_OF_MANY = 9;
/** Vertices that are nearer to the one before, in CSS pixels, are passed over. */
const NEAR = 0.7;
const POINT = 4;
/** Dark rims cost as much as the lines: not where there are more shapes. */
const MOST_RIMMED = 1500;
/** Where more places are another, all is drawn. */
const MOST_PLACES = 64;
/** CSS pixels that lines reach beyond a shape's bounds. */
const RIM = 8;

export interface Look {
  colour: (code: number) => string;
  /** Of areas; rims are drawn in full. */
  fill: number;
  ratio: number;
}

export class ShapeLayer {
  lifted: ReadonlySet<string> = new Set();
  private readonly sheet = document.createElement('canvas');
  private dirty: Bounds[] | null = null;
  /** Whether lines have a dark rim: where shapes are few. */
  private rimmed = true;

  constructor(private readonly find: (box: Bounds) => Shape[]) {}

  /** Something is another there; null: everywhere. */
  spoil(where: Bounds | null): void {
    if (where === null || (this.dirty?.length ?? 0) > MOST_PLACES) this.dirty = null;
    else this.dirty?.push(where);
  }

  /** Whether all is to be drawn. */
  get spoiled(): boolean {
    return this.dirty === null;
  }

  /** Draws all that a view shows. */
  whole(shown: readonly Tiles[], view: View, size: Size, look: Look): void {
    this.sheet.width = Math.round(size.width * look.ratio); // which clears it
    this.sheet.height = Math.round(size.height * look.ratio);
    const context = this.sheet.getContext('2d', { willReadFrequently: true })!;
    this.paint(context, view, size, look, boxOf(view, size, RIM), true);
    for (const tiles of shown) tiles.show(this.sheet, look.ratio, null);
    context.getImageData(0, 0, 1, 1); // until then it is only noted what is to be drawn: the time would say nothing
    this.dirty = [];
  }

  /** Draws the places anew that were spoiled, where the sheet shows `view`. */
  mend(shown: readonly Tiles[], view: View, size: Size, look: Look): void {
    const context = this.sheet.getContext('2d', { willReadFrequently: true })!;
    for (const box of this.dirty ?? []) {
      const place = this.part(context, box, view, size, look);
      if (place) for (const tiles of shown) tiles.show(this.sheet, look.ratio, place);
    }
    this.dirty = [];
  }

  /** Answers where it drew, in pixels of the canvas; null where nothing of it is seen. */
  private part(context: CanvasRenderingContext2D, box: Bounds, view: View, size: Size, look: Look): Place | null {
    const [left, top] = toCanvas(view, box[0], box[1], size);
    const [right, bottom] = toCanvas(view, box[2], box[3], size);
    const device = (at: number, up: number): number => Math.floor(at * look.ratio) + up;
    const [x, y] = [Math.max(0, device(left - RIM, 0)), Math.max(0, device(top - RIM, 0))];
    const w = Math.min(Math.round(size.width * look.ratio), device(right + RIM, 1)) - x;
    const h = Math.min(Math.round(size.height * look.ratio), device(bottom + RIM, 1)) - y;
    if (w <= 0 || h <= 0) return null;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(x, y, w, h);
    context.clip();
    context.clearRect(x, y, w, h);
    const [a, b] = toImage(view, { x: x / look.ratio - RIM, y: y / look.ratio - RIM }, size);
    const [c, d] = toImage(view, { x: (x + w) / look.ratio + RIM, y: (y + h) / look.ratio + RIM }, size);
    this.paint(context, view, size, look, [a, b, c, d]);
    context.restore();
    return [x, y, w, h];
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
  context.fillStyle = colour;
  context.globalAlpha = Math.max(0.7, look.fill);
  const most = rimmed ? SMALL : SMALL_OF_MANY;
  for (const shape of shapes) {
    const [left, top, right, bottom] = shape.bounds;
    const [w, h] = [(right - left) * view.zoom, (bottom - top) * view.zoom];
    if (area && w < most && h < most) {
      const [x, y] = toCanvas(view, left, top, size);
      context.fillRect(x, y, Math.max(1, w), Math.max(1, h));
    } else trace(path, shape, view, size);
  }
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
      let [a, b] = [Infinity, Infinity];
      for (let i = 0; i < ring.length; i++) {
        const point = ring[turned ? ring.length - 1 - i : i]!;
        const [x, y] = [point.x * zoom + ox, point.y * zoom + oy];
        if (i > 0 && i < ring.length - 1 && Math.abs(x - a) + Math.abs(y - b) < NEAR) continue;
        if (i === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
        [a, b] = [x, y];
      }
      if (area) path.closePath();
    });
}
