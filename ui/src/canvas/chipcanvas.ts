/**
 * Draws a chip on a canvas with WebGL2. All it shows is handed in: pixels and masks (decoded once, shared between
 * canvases), a look and a view; it keeps none of them as its own state, so several canvases can show one chip in step.
 */

import type { Look, Theme } from './look';
import { THEMES } from './look';
import { Painter } from './painter';
import type { Around, ChipPixels, MaskPixels } from './pixels';
import { CanvasError } from './textures';
import { settle, type Size, type View } from './view';

export { CanvasError };

export interface ChipCanvasOptions {
  /** Called when drawing stops being possible, or is possible again (null). */
  onProblem?: (problem: CanvasError | null) => void;
}

export class ChipCanvas {
  private readonly gl: WebGL2RenderingContext;
  private painter: Painter;
  private pixels: ChipPixels | null = null;
  private around: Around | null = null;
  private mask: MaskPixels | null = null;
  private look: Look | null = null;
  private view: View = { x: 0, y: 0, zoom: 1, fit: true };
  private cursor: { row: number; col: number } | null = null;
  private theme: Theme = THEMES.dark;
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private waiting = 0;
  private failed = false;
  private readonly observer: ResizeObserver;

  /** Throws CanvasError where the browser gives no WebGL2. */
  constructor(
    readonly element: HTMLCanvasElement,
    private readonly options: ChipCanvasOptions = {},
  ) {
    const gl = element.getContext('webgl2', { alpha: true, antialias: false, depth: false, stencil: false });
    if (!gl) throw new CanvasError('this browser does not offer WebGL2');
    this.gl = gl;
    this.painter = new Painter(gl);
    element.addEventListener('webglcontextlost', this.lost);
    element.addEventListener('webglcontextrestored', this.restored);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(element);
    this.measure();
  }

  /** `around`: pixels beyond the chip's edges, drawn paler. */
  setPixels(pixels: ChipPixels | null, around: Around | null = null): void {
    if (pixels === this.pixels && around === this.around) return;
    this.pixels = pixels;
    this.around = around;
    this.painter.setPixels(pixels, around);
    this.invalidate();
  }

  /** A mask of another size than the pixels is not drawn. */
  setMasks(mask: MaskPixels | null): void {
    if (mask === this.mask) return;
    this.mask = mask;
    this.painter.setMask(mask);
    this.invalidate();
  }

  setLook(look: Look): void {
    this.look = look;
    this.invalidate();
  }

  setView(view: View): void {
    this.view = view;
    this.invalidate();
  }

  setCursor(cell: { row: number; col: number } | null): void {
    if (cell?.row === this.cursor?.row && cell?.col === this.cursor?.col) return;
    this.cursor = cell;
    this.invalidate();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.invalidate();
  }

  /** Draws at the next frame; many changes in one frame are one drawing. */
  invalidate(): void {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  /** Draws now. False where there is nothing to draw, or it cannot be drawn. */
  draw(): boolean {
    const { gl, pixels, look } = this;
    if (gl.isContextLost()) return false;
    gl.viewport(0, 0, this.element.width, this.element.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!pixels || !look || look.channels.length === 0) return false;
    try {
      const view = settle(this.view, { width: pixels.cols, height: pixels.rows }, this.size);
      const { size: canvas, ratio, cursor, theme } = this;
      this.painter.paint(look, { view, canvas, ratio, cursor, theme });
    } catch (error) {
      if (!(error instanceof CanvasError) && !(error instanceof RangeError)) throw error;
      this.failed = true;
      this.options.onProblem?.(new CanvasError(error.message));
      return false;
    }
    if (this.failed) this.options.onProblem?.(null);
    this.failed = false;
    this.element.dispatchEvent(new CustomEvent('drawn'));
    return true;
  }

  /** What is on the canvas, as a PNG. */
  async picture(): Promise<Blob> {
    this.draw();
    return new Promise((resolve, reject) =>
      this.element.toBlob((blob) => (blob ? resolve(blob) : reject(new CanvasError('no picture could be made')))),
    );
  }

  destroy(): void {
    cancelAnimationFrame(this.waiting);
    this.observer.disconnect();
    this.element.removeEventListener('webglcontextlost', this.lost);
    this.element.removeEventListener('webglcontextrestored', this.restored);
    this.gl.getExtension('WEBGL_lose_context')?.loseContext(); // browsers allow only some contexts at a time
  }

  private measure(): void {
    const box = this.element.getBoundingClientRect();
    this.ratio = window.devicePixelRatio || 1;
    this.size = { width: Math.max(1, box.width), height: Math.max(1, box.height) };
    this.element.width = Math.max(1, Math.round(box.width * this.ratio));
    this.element.height = Math.max(1, Math.round(box.height * this.ratio));
    this.draw(); // at once: setting the size has emptied the canvas
  }

  private readonly lost = (event: Event) => {
    event.preventDefault(); // else it would never be restored
    this.options.onProblem?.(new CanvasError('the graphics card was taken away; waiting for it'));
  };

  private readonly restored = () => {
    this.painter = new Painter(this.gl);
    this.painter.setPixels(this.pixels, this.around);
    this.painter.setMask(this.mask);
    this.options.onProblem?.(null);
    this.invalidate();
  };
}
