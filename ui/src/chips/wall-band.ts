/** Some rows of the wall on a canvas of their own. */

const TALLEST_CANVAS = 16_000;

export interface Band {
  canvas: HTMLCanvasElement;
  ctx: CanvasRenderingContext2D;
  index: number;
}

export function makeBand(host: HTMLElement): Band {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  host.append(canvas);
  // Drawn in memory: a band is drawn once and then only moved, and small pictures sent to a graphics card one by one
  // made frames of 200-600 ms (software GL), where this keeps 60 a second.
  return { canvas, ctx: canvas.getContext('2d', { willReadFrequently: true })!, index: -1 };
}

/** An empty canvas of this size in CSS pixels. */
export function clearBand({ canvas, ctx }: Band, width: number, height: number, ratio: number): void {
  const wide = Math.max(1, width);
  const high = Math.min(TALLEST_CANVAS, height);
  if (canvas.width !== wide * ratio || canvas.height !== high * ratio) {
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, wide, high);
  canvas.style.display = '';
}

/** Longest edge that pictures are decoded to: few steps, so that a nudge of the slider decodes nothing. */
export function edgeFor(wanted: number): number {
  return wanted <= 72 ? 72 : wanted <= 144 ? 144 : wanted <= 288 ? 288 : 576;
}

/** The tile that has the focus. */
export function focusedIn(scroller: HTMLElement): number | null {
  const there = scroller.contains(document.activeElement)
    ? (document.activeElement as HTMLElement).dataset.index
    : null;
  return there == null ? null : Number(there);
}
