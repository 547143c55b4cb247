/**
 * Canvases that are dear to draw: while the view moves they are shown moved and scaled, which costs nothing, and drawn anew as
 * often as that takes a small share of the time; once the view rests they are sharp.
 */
import { toCanvas, type Size, type View } from '../canvas';

/** What is drawn in so many milliseconds is drawn anew with every frame. */
const QUICK_MS = 22;
/** Else after so many times the time that it takes. */
const SELDOM = 8;
const REST_MS = 120;
const MOST_REST_MS = 800;

export class Moving {
  /** Where the canvases look that are there. */
  at: View | null = null;
  private size: Size = { width: 0, height: 0 };
  private tookMs = 0;
  private drawnAt = 0;

  /** Whether to draw anew for a view, rather than to show what is there. */
  due(view: View, size: Size, resting: boolean): boolean {
    if (!this.at || this.size.width !== size.width || this.size.height !== size.height) return true;
    if (same(this.at, view)) return false;
    return resting || this.tookMs < QUICK_MS || performance.now() - this.drawnAt > SELDOM * this.tookMs;
  }

  drawn(view: View, size: Size): void {
    this.at = view;
    this.size = size;
    this.drawnAt = performance.now();
  }

  took(ms: number): void {
    this.tookMs = ms;
  }

  /** Milliseconds that the view is to rest before it is drawn: what takes long does not come between two moves. */
  get restMs(): number {
    return Math.min(MOST_REST_MS, Math.max(REST_MS, this.tookMs));
  }

  /** Shows what is there where it belongs; true where it is not sharp. */
  place(shown: Iterable<HTMLElement>, view: View): boolean {
    const { at, size } = this;
    if (!at) return false;
    const moved = !same(at, view);
    const scale = view.zoom / at.zoom;
    const [x, y] = toCanvas(view, at.x, at.y, size);
    const [dx, dy] = [x - (size.width / 2) * scale, y - (size.height / 2) * scale];
    const transform = moved ? `translate(${dx}px, ${dy}px) scale(${scale})` : '';
    for (const { style } of shown) if (style.transform !== transform) style.transform = transform;
    return moved;
  }
}

const same = (a: View, b: View): boolean => a.x === b.x && a.y === b.y && a.zoom === b.zoom;
