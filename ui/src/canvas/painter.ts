/**
 * What a chip is on the graphics card. The picture and what is painted over it are made once, at the chip's own size,
 * when pixels, look or mask change; a view only enlarges them. All is lost with the context, and made again from the data.
 */

import type { Look, Overlay, Theme } from './look';
import type { Around, ChipPixels, MaskPixels } from './pixels';
import { Programs, type Program } from './program';
import { keyOf, ramp } from './ramps';
import { colourShader, maskShader, screenShader, slotsOf, type Painting } from './shader';
import {
  bandTexture,
  drawInto,
  maskTexture,
  samplerOf,
  smaller,
  tableTexture,
  targetTexture,
  validTexture,
} from './textures';
import type { Size, View } from './view';

export interface Place {
  view: View;
  /** CSS pixels. */
  canvas: Size;
  /** Device pixels for one CSS pixel. */
  ratio: number;
  cursor: { row: number; col: number } | null;
  theme: Theme;
}

/** A texture and what it was made from. */
interface Made {
  texture: WebGLTexture;
  key: string;
  /** Smaller pictures of it are there too. */
  smaller?: boolean;
}

/** What of a look decides over its picture; worked out once a look, since most drawings only move. */
interface Plan {
  look: Look;
  slots: number[];
  source: string;
  image: string;
  colours: string;
}

type Held = 'bands' | 'valid' | 'ramp' | 'mask' | 'colours' | 'image' | 'paint';

export class Painter {
  private readonly programs: Programs;
  private readonly held: Partial<Record<Held, Made>> = {};
  private readonly frame: WebGLFramebuffer;
  private pixels: ChipPixels | null = null;
  private around: Around | null = null;
  private mask: MaskPixels | null = null;
  private plan: Plan | null = null;

  /** `programs` are shared between painters of one canvas. */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    programs?: Programs,
  ) {
    this.programs = programs ?? new Programs(gl);
    this.frame = gl.createFramebuffer();
  }

  /** The chip, and where they are known the pixels around it. */
  setPixels(pixels: ChipPixels | null, around: Around | null = null): void {
    if (pixels === this.pixels && around === this.around) return;
    if (pixels !== this.pixels) this.forget('paint');
    this.pixels = pixels;
    this.around = around;
    this.plan = null;
    this.forget('bands', 'valid', 'image');
  }

  /** Nothing of it stays on the graphics card. */
  destroy(): void {
    this.forget('bands', 'valid', 'ramp', 'mask', 'colours', 'image', 'paint');
    this.gl.deleteFramebuffer(this.frame);
  }

  setMask(mask: MaskPixels | null): void {
    if (mask === this.mask) return;
    this.mask = mask;
    this.forget('mask', 'paint');
  }

  /** Draws on the canvas; it has been cleared. */
  paint(look: Look, place: Place): void {
    const { pixels } = this;
    if (!pixels) return;
    const small = place.view.zoom * place.ratio < 1;
    const painting = this.paintingOf(look.overlay, small);
    const image = this.imageOf(this.around?.pixels ?? pixels, look);
    const paint = painting === 'none' ? null : this.paintOf(pixels, look.overlay, painting);
    if (small) for (const one of [image, paint]) if (one) this.withSmaller(one);
    this.enlarge(pixels, look, place, painting, image, paint);
  }

  private paintingOf(overlay: Overlay, small: boolean): Painting {
    const { mask, pixels } = this;
    if (!mask || mask.rows !== pixels?.rows || mask.cols !== pixels.cols || overlay.mode === 'none') return 'none';
    if (overlay.mode !== 'outline') return 'area';
    return small ? 'edge' : 'sides';
  }

  // --- at the chip's own size ---------------------------------------------------------------------------------------

  private imageOf(pixels: ChipPixels, look: Look): Made {
    const { slots, source, image } = this.planOf(pixels, look);
    return this.make('image', image, (old) => {
      const { gl } = this;
      const bands = this.make('bands', slots.join(), () => bandTexture(gl, pixels, slots));
      const valid = this.make('valid', '', () => validTexture(gl, pixels));
      const table = this.make('ramp', keyOf(look.ramp), () => tableTexture(gl, ramp(look.ramp)));
      const target = old ?? targetTexture(gl, pixels.cols, pixels.rows);
      const program = this.programs.get(source);
      drawInto(gl, this.frame, target, pixels.cols, pixels.rows, () => {
        program.use();
        program.bind('uBands', 0, gl.TEXTURE_2D_ARRAY, bands.texture);
        program.bind('uValid', 1, gl.TEXTURE_2D, valid.texture);
        program.bind('uRamp', 2, gl.TEXTURE_2D, table.texture);
        colour(program, pixels, look, slots);
      });
      return target;
    });
  }

  private planOf(pixels: ChipPixels, look: Look): Plan {
    if (this.plan?.look === look) return this.plan;
    const slots = slotsOf(look.channels);
    const source = colourShader(look.channels, samplerOf(pixels.data), look.lab && look.channels.length === 3);
    const image = [source, slots, JSON.stringify([look.stretch, look.adjust]), keyOf(look.ramp)].join('\n');
    return (this.plan = { look, slots, source, image, colours: look.overlay.colours.join() });
  }

  private paintOf(pixels: ChipPixels, overlay: Overlay, painting: Painting): Made {
    const plane = overlay.mode === 'origin' ? 1 : overlay.mode === 'confidence' ? 2 : 0;
    const colours = this.plan!.colours;
    return this.make('paint', [painting, plane, colours].join('\n'), (old) => {
      const { gl } = this;
      const mask = this.make('mask', '', () => maskTexture(gl, this.mask!));
      const table = this.make('colours', colours, () => tableTexture(gl, overlay.colours));
      const target = old ?? targetTexture(gl, pixels.cols, pixels.rows);
      const program = this.programs.get(maskShader(painting));
      drawInto(gl, this.frame, target, pixels.cols, pixels.rows, () => {
        program.use();
        program.bind('uMask', 0, gl.TEXTURE_2D_ARRAY, mask.texture);
        program.bind('uClasses', 1, gl.TEXTURE_2D, table.texture);
        program.set('uPlane', '1i', plane);
        program.set('uSize', '2i', pixels.cols, pixels.rows);
      });
      return target;
    });
  }

  // --- on the screen ------------------------------------------------------------------------------------------------

  private enlarge(pixels: ChipPixels, look: Look, place: Place, painting: Painting, image: Made, paint: Made | null) {
    const { gl } = this;
    const { view, canvas, ratio, cursor, theme } = place;
    const step = 1 / (view.zoom * ratio);
    const origin = [view.x - canvas.width / 2 / view.zoom, view.y - canvas.height / 2 / view.zoom] as const;
    const grid = look.gridFrom > 0 ? Math.min(1, Math.max(0, (view.zoom - look.gridFrom) / 8)) * 0.16 : 0;
    const pixelwise = look.interpolation === 'nearest' || (look.gridFrom > 0 && view.zoom >= look.gridFrom);
    const resampling = step > 1 ? 'mean' : pixelwise ? 'nearest' : 'bicubic';
    const { around } = this;
    const wide = around?.pixels ?? pixels;
    const shift = around ? ([around.left, around.top] as const) : ([0, 0] as const);
    const program = this.programs.get(
      screenShader({ resampling, painting, grid: grid > 0, cursor: cursor !== null, wide: around !== null }),
    );
    program.use();
    program.bind('uImage', 0, gl.TEXTURE_2D, image.texture);
    const filter = resampling === 'mean' ? gl.LINEAR_MIPMAP_LINEAR : resampling === 'bicubic' ? gl.LINEAR : gl.NEAREST;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, resampling === 'nearest' ? gl.NEAREST : gl.LINEAR);
    if (paint) {
      program.bind('uPaint', 1, gl.TEXTURE_2D, paint.texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, step > 1 ? gl.LINEAR_MIPMAP_LINEAR : gl.NEAREST);
    }
    program.set('uSize', '2i', pixels.cols, pixels.rows);
    program.set('uWide', '2i', wide.cols, wide.rows);
    program.set('uShift', '2f', ...shift);
    program.set('uHeight', '1f', gl.drawingBufferHeight);
    program.set('uOrigin', '2f', ...origin);
    program.set('uStep', '1f', step);
    program.set('uRatio', '1f', ratio);
    program.set('uLevel', '1f', Math.max(0, Math.log2(step) - 0.5));
    program.set('uOpacity', '1f', look.overlay.opacity);
    program.set('uGrid', '1f', grid);
    program.set('uCursor', '2i', cursor?.col ?? -1, cursor?.row ?? -1);
    program.set('uCheckerA', '3f', ...theme.checkerA);
    program.set('uCheckerB', '3f', ...theme.checkerB);
    program.set('uEdge', '3f', ...theme.edge);
    const corner = [origin[0] + shift[0], origin[1] + shift[1]] as const;
    this.within(corner, step, wide, () => gl.drawArrays(gl.TRIANGLES, 0, 3));
  }

  /** Draws nothing but the device pixels whose middle lies on the image. */
  private within(origin: readonly [number, number], step: number, pixels: ChipPixels, draw: () => void): void {
    const { gl } = this;
    const span = (from: number, count: number, most: number): [number, number] => {
      const first = Math.max(0, Math.ceil(-from / step - 0.5));
      const end = Math.min(most, Math.ceil((count - from) / step - 0.5));
      return [first, end - first];
    };
    const height = gl.drawingBufferHeight;
    const [x, wide] = span(origin[0], pixels.cols, gl.drawingBufferWidth);
    const [y, high] = span(origin[1], pixels.rows, height);
    if (wide <= 0 || high <= 0) return;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(x, height - y - high, wide, high);
    draw();
    gl.disable(gl.SCISSOR_TEST);
  }

  private withSmaller(made: Made): void {
    if (!made.smaller) smaller(this.gl, made.texture);
    made.smaller = true;
  }

  // --- what is kept -------------------------------------------------------------------------------------------------

  /** The kept texture, or it is made; `build` may draw into the old one. */
  private make(what: Held, key: string, build: (old: WebGLTexture | null) => WebGLTexture): Made {
    const old = this.held[what];
    if (old?.key === key) return old;
    const texture = build(old?.texture ?? null);
    if (old && old.texture !== texture) this.gl.deleteTexture(old.texture);
    return (this.held[what] = { texture, key });
  }

  private forget(...names: Held[]): void {
    for (const name of names) {
      this.gl.deleteTexture(this.held[name]?.texture ?? null);
      delete this.held[name];
    }
  }
}

function colour(program: Program, pixels: ChipPixels, look: Look, slots: readonly number[]): void {
  const bands = slots.map((slot) => pixels.bands[slot]!);
  if (bands.length) {
    program.set('uScale', '1f', ...bands.map((band) => band.scale));
    program.set('uOffset', '1f', ...bands.map((band) => band.offset));
    program.set('uNodata', '1f', ...bands.map((band) => band.nodata ?? 0));
    program.set('uHasNodata', '1i', ...bands.map((band) => (band.nodata === null ? 0 : 1)));
  }
  const three = [0, 1, 2].map((i) => look.stretch[i] ?? look.stretch[0] ?? { low: 0, high: 1 });
  program.set('uLow', '3f', ...three.map((range) => range.low));
  program.set('uWidth', '3f', ...three.map((range) => range.high - range.low || 1e-12));
  program.set('uHasValid', '1i', pixels.valid ? 1 : 0);
  const { adjust } = look;
  program.set('uGamma', '1f', 1 / adjust.gamma);
  program.set('uBrightness', '1f', adjust.brightness);
  program.set('uContrast', '1f', adjust.contrast);
  program.set('uSaturation', '1f', adjust.saturation);
  program.set('uInvert', '1i', adjust.invert ? 1 : 0);
}
