/**
 * Labels, and what lies over them, as one picture at the chip's own size. It is compared with what was there before, so
 * that a stroke costs what it changes; every view enlarges the same picture.
 */
import type { MaskPixels } from '../../canvas';
import { CONFIDENCE_RAMP } from '../../chip/overlays';
import { ramp } from '../../canvas';
import type { Box, Overlay, Preview } from '../contract';
import { grown, union } from './boxes';

/** How labels lie over the picture: areas, or the rims of areas. */
export type LabelMode = 'area' | 'outline';
/** On the sheet: rims may be drawn as lines elsewhere. */
export type SheetMode = LabelMode | 'none';

export interface SheetSaid {
  rows: number;
  cols: number;
  mask: MaskPixels | null;
  preview: Preview | null;
  overlays: readonly Overlay[];
  /** RGBA of each of 256 classes; alpha 0 hides one. */
  colours: Uint8Array;
  mode: SheetMode;
  opacity: number;
}

/** Class of pixels that a tool would change, in its own colour. */
const PREVIEWED = 254;
const NOTHING = 255;

/** Stripes of what is only proposed, in pixels of the chip: so many of each `HATCH` are full. */
const HATCH = 6;
const FULL = 3;
/** How strong the other stripes are, and what is not to be taken over. */
const PALE = 0.62;
const FAINT = 0.3;

interface Drawn {
  overlay: Overlay;
  colours: Uint8Array;
  canvas: HTMLCanvasElement;
  /** Opaque where labels give way to it. */
  hole: HTMLCanvasElement | null;
}

export class Sheet {
  readonly canvas = document.createElement('canvas');
  /** Class of each pixel as it is seen, a tool's preview in it; 255 for none. */
  codes = new Uint8Array(0);
  /** RGBA of each class as it is seen. */
  table = new Uint32Array(256);
  rows = 0;
  cols = 0;
  private readonly copy = context(this.canvas);
  private readonly labels = document.createElement('canvas');
  private readonly ink = context(this.labels);
  private image: ImageData | null = null;
  private mask: MaskPixels | null = null;
  private patch: Preview['patch'] = null;
  private readonly spare = document.createElement('canvas');
  private key = '';
  private drawn: Drawn[] = [];

  /** Makes the picture as it is to be. The rectangle that differs from before, or null. */
  update(said: SheetSaid): Box | null {
    const patch = said.preview?.patch ?? null;
    const table = tableOf(said.colours, patch?.color ?? null);
    const sized = this.resize(said.rows, said.cols);
    const changed = this.lay(said.mask, patch);
    const overlays = this.bringOverlays(said);
    const key = [said.mode, said.opacity, table.join()].join('|');
    const all = sized || overlays || key !== this.key;
    this.key = key;
    this.table = table;
    const whole = { x: 0, y: 0, width: this.cols, height: this.rows };
    const box = all ? whole : changed && said.mode === 'outline' ? grown(changed, 1, whole) : changed;
    if (!box || box.width === 0 || box.height === 0) return null;
    this.colour(box, said.mode);
    this.compose(box, said);
    return box;
  }

  private resize(rows: number, cols: number): boolean {
    if (rows === this.rows && cols === this.cols) return false;
    [this.rows, this.cols] = [rows, cols];
    for (const canvas of [this.canvas, this.labels]) [canvas.width, canvas.height] = [cols, rows];
    this.codes = new Uint8Array(rows * cols).fill(NOTHING);
    this.image = rows * cols ? this.ink.createImageData(cols, rows) : null;
    this.mask = null;
    this.patch = null;
    return true;
  }

  /** Puts mask and preview into the classes; the rectangle in which any has changed. */
  private lay(mask: MaskPixels | null, patch: Preview['patch']): Box | null {
    const whole = { x: 0, y: 0, width: this.cols, height: this.rows };
    const before = this.patch?.patch ?? null;
    const looked = mask !== this.mask ? whole : union(before, patch?.patch ?? null);
    this.mask = mask;
    this.patch = patch;
    if (!looked) return null;
    const fits = mask !== null && mask.rows === this.rows && mask.cols === this.cols;
    const base = fits ? mask.data : null;
    return difference(this.codes, this.cols, clipped(looked, whole), base, patch ?? null);
  }

  private colour(box: Box, mode: SheetMode): void {
    const { image, codes, cols, rows, table } = this;
    if (!image) return;
    const out = new Uint32Array(image.data.buffer);
    const outline = mode === 'outline';
    for (let y = box.y; y < box.y + box.height; y++)
      for (let i = y * cols + box.x, x = box.x; x < box.x + box.width; x++, i++) {
        const code = codes[i]!;
        out[i] = mode === 'none' || (outline && !isRim(codes, i, x, y, cols, rows)) ? 0 : table[code]!;
      }
    this.ink.putImageData(image, 0, 0, box.x, box.y, box.width, box.height);
  }

  /** Proposals below the labels, or in a hole of theirs, but not where a tool's preview is; mere figures above them. */
  private compose(box: Box, said: SheetSaid): void {
    const { copy } = this;
    const { x, y, width, height } = box;
    const proposals = this.drawn.filter((one) => one.overlay.classes);
    const patch = proposals.length > 0 ? this.patch : null;
    copy.clearRect(x, y, width, height);
    const put = (from: HTMLCanvasElement, opacity: number) => {
      copy.globalAlpha = opacity;
      copy.drawImage(from, x, y, width, height, x, y, width, height);
    };
    const around = (from: HTMLCanvasElement) => (patch ? this.without(from, patch, box) : from);
    put(this.labels, said.opacity);
    copy.globalCompositeOperation = 'destination-out';
    for (const { hole } of proposals) if (hole) put(around(hole), 1);
    copy.globalCompositeOperation = 'destination-over';
    for (const one of proposals) put(around(one.canvas), one.overlay.opacity);
    copy.globalCompositeOperation = 'source-over';
    for (const one of this.drawn) if (!one.overlay.classes) put(one.canvas, one.overlay.opacity);
    copy.globalAlpha = 1;
  }

  /** A picture but where a tool's preview is, in a box of a canvas that the next call uses again. */
  private without(from: HTMLCanvasElement, { patch }: NonNullable<Preview['patch']>, box: Box): HTMLCanvasElement {
    const { spare, cols, rows } = this;
    const { x, y, width, height } = box;
    if (spare.width !== cols || spare.height !== rows) [spare.width, spare.height] = [cols, rows];
    const pencil = context(spare);
    pencil.globalCompositeOperation = 'source-over';
    pencil.clearRect(x, y, width, height);
    pencil.drawImage(from, x, y, width, height, x, y, width, height);
    pencil.globalCompositeOperation = 'destination-out';
    pencil.drawImage(coverOf(patch), patch.x, patch.y);
    return spare;
  }

  /** Whether any is another than before; those of another size are left out. */
  private bringOverlays({ overlays, colours }: SheetSaid): boolean {
    const fitting = overlays.filter((one) => one.rows === this.rows && one.cols === this.cols);
    const same = (one: Overlay, i: number) =>
      this.drawn[i]?.overlay === one && (one.classes === null || this.drawn[i].colours === colours);
    if (fitting.length === this.drawn.length && fitting.every(same)) return false;
    const kept = new Map(this.drawn.filter((one) => one.colours === colours).map((one) => [one.overlay, one]));
    this.drawn = fitting.map((overlay) => kept.get(overlay) ?? drawOverlay(overlay, colours));
    return true;
  }
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true })!; // in memory: enlarging it must not wait for a card
}

function tableOf(colours: Uint8Array, preview: string | null): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(colours.slice().buffer);
  table[NOTHING] = 0;
  if (preview) {
    const bytes = new Uint8Array(table.buffer, PREVIEWED * 4, 4);
    const value = parseInt(preview.slice(1), 16);
    bytes.set([(value >> 16) & 255, (value >> 8) & 255, value & 255, 255]);
  }
  return table;
}

function clipped(box: Box, whole: Box): Box {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const right = Math.min(whole.width, box.x + box.width);
  const bottom = Math.min(whole.height, box.y + box.height);
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

/** Writes what is to be seen into `codes`; the rectangle around all that became another. */
export function difference(
  codes: Uint8Array,
  cols: number,
  box: Box,
  base: Uint8Array | null,
  preview: Preview['patch'],
): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let y = box.y; y < box.y + box.height; y++)
    for (let x = box.x, i = y * cols + x; x < box.x + box.width; x++, i++) {
      const there = preview ? previewed(preview.patch, x, y) : -1;
      const wanted = there >= 0 ? there : base ? base[i]! : NOTHING;
      if (codes[i] === wanted) continue;
      codes[i] = wanted;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** What a preview makes of a pixel; -1: it leaves it. */
function previewed(patch: NonNullable<Preview['patch']>['patch'], x: number, y: number): number {
  const [px, py] = [x - patch.x, y - patch.y];
  if (px < 0 || py < 0 || px >= patch.width || py >= patch.height) return -1;
  const at = py * patch.width + px;
  return patch.there[at] ? PREVIEWED : -1;
}

/** Whether another class begins beside this pixel. */
function isRim(codes: Uint8Array, i: number, x: number, y: number, cols: number, rows: number): boolean {
  const mine = codes[i]!;
  if (mine === NOTHING) return false;
  return (
    (x > 0 && codes[i - 1] !== mine) ||
    (x < cols - 1 && codes[i + 1] !== mine) ||
    (y > 0 && codes[i - cols] !== mine) ||
    (y < rows - 1 && codes[i + cols] !== mine)
  );
}

function drawOverlay(overlay: Overlay, colours: Uint8Array): Drawn {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [overlay.cols, overlay.rows];
  const copy = context(canvas);
  const image = copy.createImageData(overlay.cols, overlay.rows);
  const out = new Uint32Array(image.data.buffer);
  const classes = new Uint32Array(colours.slice().buffer);
  const figures = overlay.classes ? null : new Uint32Array(ramp(CONFIDENCE_RAMP).slice().buffer);
  for (let i = 0; i < out.length; i++) {
    const percent = overlay.confidence[i]!;
    if (overlay.classes)
      out[i] = overlay.classes[i] === NOTHING ? 0 : thinned(classes[overlay.classes[i]!]!, overlay, i);
    else out[i] = percent > 100 ? 0 : figures![Math.round(percent * 2.55)]!;
  }
  copy.putImageData(image, 0, 0);
  return { overlay, colours, canvas, hole: overlay.instead ? holeOf(overlay, overlay.instead) : null };
}

/** A colour as strong as what it stands for: hatched where labels give way to it. */
function thinned(colour: number, { instead, cols }: Overlay, i: number): number {
  if (!instead) return colour;
  if (instead[i] === 0) return 0;
  const full = ((i % cols) + Math.floor(i / cols)) % HATCH < FULL;
  const share = instead[i] === 2 ? FAINT : full ? 1 : PALE;
  return ((colour & 0xffffff) | (Math.round((colour >>> 24) * share) << 24)) >>> 0;
}

/** Opaque where a preview has a class. */
function coverOf({ width, height, there }: NonNullable<Preview['patch']>['patch']): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const pencil = context(canvas);
  const image = pencil.createImageData(width, height);
  for (let i = 0; i < there.length; i++) if (there[i]) image.data[4 * i + 3] = 255;
  pencil.putImageData(image, 0, 0);
  return canvas;
}

function holeOf({ rows, cols }: Overlay, instead: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [cols, rows];
  const copy = context(canvas);
  const image = copy.createImageData(cols, rows);
  for (let i = 0; i < instead.length; i++) if (instead[i] === 1) image.data[4 * i + 3] = 255;
  copy.putImageData(image, 0, 0);
  return canvas;
}
