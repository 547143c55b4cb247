/**
 * Many small pictures of one chip, each in its own look, drawn by one graphics context (a page may only have some) and
 * copied to canvases of their own.
 */

import type { Look, Theme } from './look';
import { Painter } from './painter';
import type { Around, ChipPixels, MaskPixels } from './pixels';
import { Programs } from './program';
import { CanvasError } from './textures';
import { settle, type Size, type View } from './view';

export interface Shown {
  pixels: ChipPixels;
  around: Around | null;
  mask: MaskPixels | null;
  view: View;
  cursor: { row: number; col: number } | null;
  theme: Theme;
}

export class Board {
  private readonly canvas = document.createElement('canvas');
  private readonly gl: WebGL2RenderingContext;
  private programs: Programs;
  private readonly painters = new Map<string, Painter>();

  /** Throws CanvasError where the browser gives no WebGL2. `onlost`: the graphics card was taken away, or is back. */
  constructor(private readonly onlost?: (lost: boolean) => void) {
    const gl = this.canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, stencil: false });
    if (!gl) throw new CanvasError('this browser does not offer WebGL2');
    this.gl = gl;
    this.programs = new Programs(gl);
    this.canvas.addEventListener('webglcontextrestored', () => this.again());
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.onlost?.(true);
    });
  }

  /** Draws a look on a canvas, as large as that is; `key` names its picture, kept for the next time. */
  draw(key: string, look: Look, shown: Shown, target: HTMLCanvasElement): boolean {
    const image = { width: shown.pixels.cols, height: shown.pixels.rows };
    return this.drawParts(look, [{ key, shown }], target, (view, box) => settle(view, image, box));
  }

  /** Draws pictures beside and over one another in one look; what none of them covers stays clear. */
  drawParts(
    look: Look,
    parts: readonly { key: string; shown: Shown }[],
    target: HTMLCanvasElement,
    settled: (view: View, canvas: Size) => View = (view) => view,
  ): boolean {
    const { gl } = this;
    const copy = target.getContext('2d');
    const box = { width: target.clientWidth, height: target.clientHeight };
    if (!copy || gl.isContextLost() || box.width === 0 || look.channels.length === 0) return false;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    for (const one of [this.canvas, target]) {
      if (one.width !== width) one.width = width;
      if (one.height !== height) one.height = height;
    }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const { key, shown } of parts) {
      const painter = this.painter(key);
      painter.setPixels(shown.pixels, shown.around);
      painter.setMask(shown.mask);
      const { cursor, theme } = shown;
      painter.paint(look, { view: settled(shown.view, box), canvas: box, ratio, cursor, theme });
    }
    copy.clearRect(0, 0, width, height);
    copy.drawImage(this.canvas, 0, 0);
    return true;
  }

  /** Only these are kept. */
  keep(keys: ReadonlySet<string>): void {
    for (const [key, painter] of this.painters) {
      if (keys.has(key)) continue;
      painter.destroy();
      this.painters.delete(key);
    }
  }

  destroy(): void {
    this.painters.clear();
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private painter(key: string): Painter {
    let found = this.painters.get(key);
    if (!found) this.painters.set(key, (found = new Painter(this.gl, this.programs)));
    return found;
  }

  private again(): void {
    this.programs = new Programs(this.gl);
    this.painters.clear();
    this.onlost?.(false);
  }
}
