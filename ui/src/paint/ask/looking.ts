/** Where to look so that a place and what is around it can be recognised, and the way there. */
import { MAX_ZOOM, type Size, type View } from '../../canvas';
import type { Box } from '../contract';

/** What is seen of the image, in sides of the place and at least in pixels. */
const AROUND = 4;
const LEAST = 48;
/** A zoom that is so much off is good enough to be left as it is. */
const NEAR = 2;
/** Of a view, that a place may take. */
const MOST = 0.6;
const GLIDE_MS = 140;

/** The place in the middle; the zoom as it is where it is good. `view` is settled. */
export function lookAt(view: View, { x, y, width, height }: Box, image: Size, cell: Size): View {
  const whole = Math.min(cell.width / image.width, cell.height / image.height);
  const close = Math.min(
    cell.width / (AROUND * width),
    cell.height / (AROUND * height),
    Math.min(cell.width, cell.height) / LEAST,
  );
  const wanted = Math.min(Math.max(close, whole), Math.max(MAX_ZOOM, whole));
  const fits = view.zoom * Math.max(width / cell.width, height / cell.height) <= MOST;
  const good = view.zoom <= wanted * NEAR && view.zoom * NEAR >= wanted && (fits || view.zoom <= wanted);
  return { x: x + width / 2, y: y + height / 2, zoom: good ? view.zoom : wanted, fit: false };
}

/** A short way is gone so that the eye can follow, a long one is jumped; nothing waits for it. Returns what ends it. */
export function glide(from: View, to: View, cell: Size, set: (view: View) => void): () => void {
  const far =
    Math.abs(to.x - from.x) * from.zoom > cell.width / 2 || Math.abs(to.y - from.y) * from.zoom > cell.height / 2;
  const turn = to.zoom / from.zoom;
  if (far || turn > 3 || turn < 1 / 3 || matchMedia('(prefers-reduced-motion: reduce)').matches) {
    set(to);
    return () => undefined;
  }
  const begun = performance.now();
  let frame = requestAnimationFrame(step);
  function step(): void {
    const part = Math.min(1, (performance.now() - begun) / GLIDE_MS);
    if (part < 1) frame = requestAnimationFrame(step);
    set(between(from, to, 1 - (1 - part) ** 3));
  }
  return () => cancelAnimationFrame(frame);
}

/** Zoom by equal factors; the place moves as far on the screen in each moment. */
function between(from: View, to: View, part: number): View {
  if (part >= 1) return to;
  const zoom = from.zoom * (to.zoom / from.zoom) ** part;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, zoom, fit: false };
}
