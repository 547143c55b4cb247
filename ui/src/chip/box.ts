/** The rectangle on a chip's picture: whole pixels of the chip, which may reach into what is known around it. */
import type { Framed, Spot } from '../canvas';
import type { Box } from './state.svelte';

/** Smallest side that says anything of what is in it, pixels. */
export const LEAST = 4;

interface Ends {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** How far pixels are known, in pixels of the chip. */
export function endsOf(image: Framed): Ends {
  const more = image.around ?? { left: 0, top: 0, right: 0, bottom: 0 };
  return {
    left: 0 - more.left,
    top: 0 - more.top,
    right: image.width + more.right,
    bottom: image.height + more.bottom,
  };
}

/** From one place to another, both in pixels of the chip, in any direction. */
export function between(a: Spot, b: Spot, image: Framed): Box {
  const { left, top, right, bottom } = endsOf(image);
  const hold = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  const x = hold(Math.floor(Math.min(a.x, b.x)), left, right - 1);
  const y = hold(Math.floor(Math.min(a.y, b.y)), top, bottom - 1);
  const width = hold(Math.ceil(Math.max(a.x, b.x)), x + 1, right) - x;
  const height = hold(Math.ceil(Math.max(a.y, b.y)), y + 1, bottom) - y;
  return { x, y, width, height };
}

/** Half of the chip, in its middle: a start for the keyboard. */
export function middle(image: Framed): Box {
  const [width, height] = [image.width, image.height].map((side) => Math.max(LEAST, Math.round(side / 2)));
  return {
    x: Math.round((image.width - width!) / 2),
    y: Math.round((image.height - height!) / 2),
    width: width!,
    height: height!,
  };
}

/** Moved by so many pixels, as far as pixels are known. */
export function moved(box: Box, dx: number, dy: number, image: Framed): Box {
  const { left, top, right, bottom } = endsOf(image);
  return {
    ...box,
    x: Math.min(right - box.width, Math.max(left, box.x + dx)),
    y: Math.min(bottom - box.height, Math.max(top, box.y + dy)),
  };
}

/** Larger or smaller to the right and below. */
export function resized(box: Box, dx: number, dy: number, image: Framed): Box {
  const { right, bottom } = endsOf(image);
  return {
    ...box,
    width: Math.min(right - box.x, Math.max(LEAST, box.width + dx)),
    height: Math.min(bottom - box.y, Math.max(LEAST, box.height + dy)),
  };
}

/** The rectangle as the server reads it in `like=`: pixels of the scene. */
export function likeOf(box: Box, scene: string, chip: { x_off: number; y_off: number }): string {
  return `${scene}@${chip.x_off + box.x},${chip.y_off + box.y},${box.width},${box.height}`;
}
