/** Where a canvas looks: plain state that lives outside of it, so that several canvases can share one. */

export interface View {
  /** Place of the image, in its pixels, that lies in the middle of the canvas. */
  x: number;
  y: number;
  /** CSS pixels for one pixel of the image. */
  zoom: number;
  /** The whole image, whatever the size of the canvas: x, y and zoom follow. */
  fit: boolean;
}

export interface Size {
  width: number;
  height: number;
}

/** An image, and how many pixels of what is around it are known on each side. */
export interface Framed extends Size {
  around?: { left: number; top: number; right: number; bottom: number } | null;
}

export const MAX_ZOOM = 160;
const MARGIN = 0.96;

export function fitView(image: Size, canvas: Size): View {
  const zoom = Math.min(canvas.width / image.width, canvas.height / image.height) * MARGIN;
  return { x: image.width / 2, y: image.height / 2, zoom: Math.max(zoom, 1e-6), fit: true };
}

/** The view as it is drawn on a canvas of this size. */
export function settle(view: View, image: Size, canvas: Size): View {
  return view.fit ? fitView(image, canvas) : view;
}

/** Zooms by a factor and keeps the place under `point` (CSS pixels from the canvas's corner) where it is. */
export function zoomAt(view: View, factor: number, point: Spot, image: Framed, canvas: Size): View {
  const whole = fitView(image, canvas).zoom;
  const zoom = Math.min(Math.max(view.zoom * factor, Math.min(1, whole) / 4), Math.max(MAX_ZOOM, whole));
  const [x, y] = toImage(view, point, canvas);
  return keepInside(
    { x: x - (point.x - canvas.width / 2) / zoom, y: y - (point.y - canvas.height / 2) / zoom, zoom, fit: false },
    image,
  );
}

export function panBy(view: View, dx: number, dy: number, image: Framed): View {
  return keepInside({ ...view, x: view.x - dx / view.zoom, y: view.y - dy / view.zoom, fit: false }, image);
}

export interface Spot {
  x: number;
  y: number;
}

/** Place of the image under a point of the canvas. */
export function toImage(view: View, point: Spot, canvas: Size): [number, number] {
  return [view.x + (point.x - canvas.width / 2) / view.zoom, view.y + (point.y - canvas.height / 2) / view.zoom];
}

/** Point of the canvas where a place of the image lies. */
export function toCanvas(view: View, x: number, y: number, canvas: Size): [number, number] {
  return [(x - view.x) * view.zoom + canvas.width / 2, (y - view.y) * view.zoom + canvas.height / 2];
}

/** The pixel under a point, or null beside the image; around the chip rows and columns may be negative. */
export function cellAt(view: View, point: Spot, image: Framed, canvas: Size): { row: number; col: number } | null {
  const [x, y] = toImage(view, point, canvas);
  const { left, top, right, bottom } = image.around ?? NOTHING;
  const inside = x >= -left && y >= -top && x < image.width + right && y < image.height + bottom;
  return inside ? { row: Math.floor(y), col: Math.floor(x) } : null;
}

const NOTHING = { left: 0, top: 0, right: 0, bottom: 0 };

/** The middle of the canvas stays over the image, so that it can never be lost. */
function keepInside(view: View, image: Framed): View {
  const { left, top, right, bottom } = image.around ?? NOTHING;
  return {
    ...view,
    x: Math.min(Math.max(view.x, 0 - left), image.width + right),
    y: Math.min(Math.max(view.y, 0 - top), image.height + bottom),
  };
}
