/**
 * Draws a chip on a canvas with WebGL2. All it shows is handed in: pixels and masks (decoded once, shared between
 * canvases), a look and a view; it keeps none of them as its own state, so several canvases can show one chip in step.
 */

import type { Look, Theme } from './look';
import { THEMES } from './look';
import type { ChipPixels, MaskPixels } from './pixels';
import { ramp } from './ramps';
import { fragmentShader, slotsOf, VERTEX } from './shader';
import { bandTexture, CanvasError, maskTexture, tableTexture, validTexture, type BandTexture } from './textures';
import { settle, type Size, type View } from './view';

export { CanvasError };

export interface ChipCanvasOptions {
  /** Called when drawing stops being possible, or is possible again (null). */
  onProblem?: (problem: CanvasError | null) => void;
}

interface Program {
  program: WebGLProgram;
  at: Map<string, WebGLUniformLocation | null>;
}

/** What lies on the graphics card; gone when the context is lost, made again from the data when it returns. */
interface Resources {
  programs: Map<string, Program>;
  bands: BandTexture | null;
  valid: WebGLTexture | null;
  mask: WebGLTexture | null;
  ramp: { table: Uint8Array; texture: WebGLTexture } | null;
  colours: { table: Uint8Array; texture: WebGLTexture } | null;
}

const nothing = (): Resources => ({
  programs: new Map(),
  bands: null,
  valid: null,
  mask: null,
  ramp: null,
  colours: null,
});

export class ChipCanvas {
  private readonly gl: WebGL2RenderingContext;
  private held = nothing();
  private pixels: ChipPixels | null = null;
  private mask: MaskPixels | null = null;
  private look: Look | null = null;
  private view: View = { x: 0, y: 0, zoom: 1, fit: true };
  private cursor: { row: number; col: number } | null = null;
  private theme: Theme = THEMES.dark;
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private waiting = 0;
  private readonly observer: ResizeObserver;

  /** Throws CanvasError where the browser gives no WebGL2. */
  constructor(
    readonly element: HTMLCanvasElement,
    private readonly options: ChipCanvasOptions = {},
  ) {
    const gl = element.getContext('webgl2', { alpha: true, antialias: false, depth: false, stencil: false });
    if (!gl) throw new CanvasError('this browser does not offer WebGL2');
    this.gl = gl;
    element.addEventListener('webglcontextlost', this.lost);
    element.addEventListener('webglcontextrestored', this.restored);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(element);
    this.measure();
  }

  setPixels(pixels: ChipPixels | null): void {
    if (pixels === this.pixels) return;
    this.pixels = pixels;
    this.gl.deleteTexture(this.held.bands?.texture ?? null);
    this.gl.deleteTexture(this.held.valid);
    this.held.bands = this.held.valid = null;
    this.invalidate();
  }

  /** A mask of another size than the pixels is not drawn. */
  setMasks(mask: MaskPixels | null): void {
    if (mask === this.mask) return;
    this.mask = mask;
    this.gl.deleteTexture(this.held.mask);
    this.held.mask = null;
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
      this.paint(pixels, look);
    } catch (error) {
      if (!(error instanceof CanvasError) && !(error instanceof RangeError)) throw error;
      this.options.onProblem?.(new CanvasError(error.message));
      return false;
    }
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
    this.held = nothing();
    this.options.onProblem?.(new CanvasError('the graphics card was taken away; waiting for it'));
  };

  private readonly restored = () => {
    this.held = nothing();
    this.options.onProblem?.(null);
    this.invalidate();
  };

  private paint(pixels: ChipPixels, look: Look): void {
    const { gl } = this;
    const bands = (this.held.bands ??= bandTexture(gl, pixels));
    this.held.valid ??= validTexture(gl, pixels);
    this.held.mask ??= maskTexture(gl, this.fittingMask());
    const rampTable = this.table('ramp', ramp(look.ramp)); // all made before any is bound: making binds too
    const colours = this.table('colours', look.overlay.colours);
    const view = settle(this.view, { width: pixels.cols, height: pixels.rows }, this.size);
    const { program, at } = this.programFor(look, bands, view);
    gl.useProgram(program);
    this.bind(0, gl.TEXTURE_2D_ARRAY, bands.texture, at.get('uBands'));
    this.bind(1, gl.TEXTURE_2D, this.held.valid, at.get('uValid'));
    this.bind(2, gl.TEXTURE_2D_ARRAY, this.held.mask, at.get('uMask'));
    this.bind(3, gl.TEXTURE_2D, rampTable, at.get('uRamp'));
    this.bind(4, gl.TEXTURE_2D, colours, at.get('uClasses'));
    this.place(at, pixels, look, view);
    this.colour(at, pixels, look);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private place(at: Program['at'], pixels: ChipPixels, look: Look, view: View): void {
    const { gl, ratio } = this;
    const step = 1 / (view.zoom * ratio);
    gl.uniform2i(at.get('uSize')!, pixels.cols, pixels.rows);
    gl.uniform1f(at.get('uHeight')!, this.element.height);
    gl.uniform2f(
      at.get('uOrigin')!,
      view.x - this.size.width / 2 / view.zoom,
      view.y - this.size.height / 2 / view.zoom,
    );
    gl.uniform1f(at.get('uStep')!, step);
    gl.uniform1f(at.get('uRatio')!, ratio);
    const near = look.gridFrom > 0 ? Math.min(1, Math.max(0, (view.zoom - look.gridFrom) / 8)) : 0;
    gl.uniform1f(at.get('uGrid')!, near * 0.16);
    gl.uniform2i(at.get('uCursor')!, this.cursor?.col ?? -1, this.cursor?.row ?? -1);
  }

  private colour(at: Program['at'], pixels: ChipPixels, look: Look): void {
    const { gl } = this;
    const bands = slotsOf(look.channels).map((band) => ({ band, ...pixels.bands[band]! }));
    if (bands.length) {
      gl.uniform1iv(
        at.get('uBand')!,
        bands.map((b) => b.band),
      );
      gl.uniform1fv(
        at.get('uScale')!,
        bands.map((b) => b.scale),
      );
      gl.uniform1fv(
        at.get('uOffset')!,
        bands.map((b) => b.offset),
      );
      gl.uniform1fv(
        at.get('uNodata')!,
        bands.map((b) => b.nodata ?? 0),
      );
      gl.uniform1iv(
        at.get('uHasNodata')!,
        bands.map((b) => (b.nodata === null ? 0 : 1)),
      );
    }
    const range = (i: number) => look.stretch[i] ?? look.stretch[0] ?? { low: 0, high: 1 };
    const three = [0, 1, 2].map(range);
    gl.uniform3fv(
      at.get('uLow')!,
      three.map((r) => r.low),
    );
    gl.uniform3fv(
      at.get('uWidth')!,
      three.map((r) => r.high - r.low || 1e-12),
    );
    gl.uniform1i(at.get('uHasValid')!, pixels.valid ? 1 : 0);
    const { adjust, overlay } = look;
    gl.uniform1f(at.get('uGamma')!, 1 / adjust.gamma);
    gl.uniform1f(at.get('uBrightness')!, adjust.brightness);
    gl.uniform1f(at.get('uContrast')!, adjust.contrast);
    gl.uniform1f(at.get('uSaturation')!, adjust.saturation);
    gl.uniform1i(at.get('uInvert')!, adjust.invert ? 1 : 0);
    gl.uniform1i(at.get('uPlane')!, overlay.mode === 'origin' ? 1 : overlay.mode === 'confidence' ? 2 : 0);
    gl.uniform1f(at.get('uOpacity')!, overlay.opacity);
    gl.uniform3fv(at.get('uCheckerA')!, this.theme.checkerA);
    gl.uniform3fv(at.get('uCheckerB')!, this.theme.checkerB);
  }

  private fittingMask(): MaskPixels | null {
    const { mask, pixels } = this;
    return mask && pixels && mask.rows === pixels.rows && mask.cols === pixels.cols ? mask : null;
  }

  private table(which: 'ramp' | 'colours', table: Uint8Array): WebGLTexture {
    const old = this.held[which];
    if (old?.table === table) return old.texture;
    this.gl.deleteTexture(old?.texture ?? null);
    const texture = tableTexture(this.gl, table);
    this.held[which] = { table, texture };
    return texture;
  }

  private bind(unit: number, target: number, texture: WebGLTexture, at: WebGLUniformLocation | null | undefined): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + unit);
    this.gl.bindTexture(target, texture);
    this.gl.uniform1i(at ?? null, unit);
  }

  private programFor(look: Look, bands: BandTexture, view: View): Program {
    const { interpolation, overlay } = look;
    const resampling = view.zoom * this.ratio < 1 ? 'mean' : interpolation;
    const painting =
      !this.fittingMask() || overlay.mode === 'none' ? 'none' : overlay.mode === 'outline' ? 'rim' : 'area';
    const source = fragmentShader(look.channels, bands.sampler, resampling, painting);
    let found = this.held.programs.get(source);
    if (!found) this.held.programs.set(source, (found = this.build(source)));
    return found;
  }

  private build(source: string): Program {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, source],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new CanvasError(`the graphics card refused the formula: ${gl.getProgramInfoLog(program) ?? ''}`.trim());
    const at = new Map<string, WebGLUniformLocation | null>();
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) as number;
    for (let i = 0; i < count; i++) {
      const name = gl.getActiveUniform(program, i)!.name.replace(/\[0\]$/, '');
      at.set(name, gl.getUniformLocation(program, name));
    }
    return { program, at };
  }
}
