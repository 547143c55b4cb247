/** Rectangles of whole pixels. */
import type { Box } from '../contract';

export function union(a: Box | null, b: Box | null): Box | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** Wider by so many pixels on each side, within the whole. */
export function grown(box: Box, by: number, whole: Box): Box {
  const x = Math.max(whole.x, box.x - by);
  const y = Math.max(whole.y, box.y - by);
  return {
    x,
    y,
    width: Math.min(whole.x + whole.width, box.x + box.width + by) - x,
    height: Math.min(whole.y + whole.height, box.y + box.height + by) - y,
  };
}
